import { string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** The one factory that can be had here. */
export const mainRpcInterface = 'supervisor.rpcinterface:make_main_rpcinterface';

/** Keys of `[rpcinterface:x]`. */
export const rpcInterfaceKeys = {
  'supervisor.rpcinterface_factory': {
    read: string,
    default: undefined,
    absent: 'required',
    sample: mainRpcInterface,
    doc: `\`${mainRpcInterface}\` gives the methods of \`supervisor.*\` the namespace that follows the colon. Any other is passed over with a warning.`,
  },
} satisfies KeyTable;
