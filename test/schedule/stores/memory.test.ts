import { MemoryJobStore } from '../../../schedule/stores/memory.ts';
import { conformsToJobStore } from './conformance.ts';

conformsToJobStore('MemoryJobStore', { isPersistent: false, isShared: false }, () => ({
  newStore: () => new MemoryJobStore(),
  async [Symbol.asyncDispose]() {},
}));
