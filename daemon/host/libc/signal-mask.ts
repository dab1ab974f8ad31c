/** The signals that a thread does not take for now. */
import { errnoCall } from './call.ts';

const sigemptyset = errnoCall('sigemptyset', ['void *']);
const sigaddset = errnoCall('sigaddset', ['void *', 'int']);
const pthreadSigmask = errnoCall('pthread_sigmask', ['int', 'void *', 'void *']);
/** glibc needs 128 bytes, musl less. */
const signalSet = Buffer.alloc(128);

/** Has this thread take a signal; one that has come meanwhile is delivered at once. */
export function unblockSignal(signal: number): void {
  const SIG_UNBLOCK = 1;
  sigemptyset(signalSet);
  sigaddset(signalSet, signal);
  pthreadSigmask(SIG_UNBLOCK, signalSet, null);
}
