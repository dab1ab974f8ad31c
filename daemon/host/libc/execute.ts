import { intCall } from './call.ts';
import { stringVector } from './string-vector.ts';

const execveCall = intCall('execve', ['str', 'void *', 'void *']);

/**
 * Replaces this program by another one, in the same process. Descriptors that are not closed on exec stay open.
 *
 * @param environment `NAME=value` strings
 * @returns a negated errno: otherwise there is nobody left to return to
 */
export function execute(path: string, argv: readonly string[], environment: readonly string[]): number {
  const argvVector = stringVector(argv);
  const environmentVector = stringVector(environment);
  return execveCall(path, argvVector.pointers, environmentVector.pointers);
}
