import type { XmlRpcValue } from '../../../rpc/xmlrpc.ts';

/**
 * An answer whose statuses are sorted by name: processes that finish at the same time have no order.
 * Anything but an array of structs is left alone.
 */
export function statusesByName(answer: XmlRpcValue): XmlRpcValue {
  if (!Array.isArray(answer)) return answer;
  return answer.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
}

function nameOf(status: XmlRpcValue): string {
  return status instanceof Map ? `${status.get('group')}:${status.get('name')}` : '';
}
