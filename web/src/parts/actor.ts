import { useInstitutionName } from '../api/queries';
import type { Actor } from '../api/types';
import { useSpeech } from '../i18n/language';

/** Who did something, by the name that people know. */
export function useActorText(): (actor: Actor) => string {
  const { t } = useSpeech();
  const institution = useInstitutionName();
  return ({ kind, name }) => {
    switch (kind) {
      case 'user':
        return name;
      case 'institution':
        return institution(name);
      case 'system':
      case 'reporter':
        return t.actor[kind];
    }
  };
}
