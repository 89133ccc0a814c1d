/** A score in ten-thousandths as people read it: `98.1 %`. */
export const formatScore = (score: number): string => `${(score / 100).toFixed(1)} %`;
