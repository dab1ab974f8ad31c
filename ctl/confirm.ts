import type { Session } from './session.ts';

/**
 * Asks whether it is really meant, if there is somebody to ask. Anything that starts with y is a yes.
 *
 * @throws {Error} if the input ends instead
 */
export async function confirm({ interactive, input }: Session, question: string): Promise<boolean> {
  if (!interactive) return true;
  const answer = await input.readLine(question);
  if (answer === undefined) throw new Error('Cannot ask for confirmation: the input has ended');
  return /^y/i.test(answer);
}
