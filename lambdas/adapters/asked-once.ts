import type { Directory } from './directory.ts';

/**
 * The directory as it answered when it was first asked, for one thing that somebody does and no longer: all that is
 * checked on the way is checked against the same answer, and costs one question. That it did not answer is kept as well.
 */
export function askedOnce(directory: Pick<Directory, 'groupsOf'>): Pick<Directory, 'groupsOf'> {
  const answers = new Map<string, ReturnType<Directory['groupsOf']>>();
  return {
    groupsOf(personId) {
      const answer = answers.get(personId) ?? directory.groupsOf(personId);
      answers.set(personId, answer);
      return answer;
    },
  };
}
