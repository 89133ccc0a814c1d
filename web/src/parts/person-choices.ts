import { useQuery } from '@tanstack/react-query';
import { usersQuery } from '../api/queries';
import type { Role } from '../api/types';

/** People who have one of `roles`, for lists to choose from: id or sign-in name, and the name. */
export function usePersonChoices(
  roles: readonly Role[],
  by: 'id' | 'login' = 'id',
): readonly (readonly [string, string])[] {
  const { data } = useQuery(usersQuery);
  return (data?.items ?? [])
    .filter((user) => user.roles.some((role) => roles.includes(role)))
    .map((user) => [user[by], user.name] as const);
}
