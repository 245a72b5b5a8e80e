import type { Directory } from './directory.ts';

/**
 * The directory as it answered when it was first asked, for one thing that somebody does and no longer: all that is
 * checked on the way is checked against the same answer, and costs one question. That it did not answer is kept as well.
 */
export function askedOnce(directory: Pick<Directory, 'groupsOf'>): Pick<Directory, 'groupsOf'> {
  const answers = new Map<string, ReturnType<Directory['groupsOf']>>();
  return {
    groupsOf(personId, among) {
      const question = JSON.stringify([personId, ...new Set(among)]);
      const answer = answers.get(question) ?? directory.groupsOf(personId, among);
      answers.set(question, answer);
      return answer;
    },
  };
}
