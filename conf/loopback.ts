const loopbackAddress = /^(?:::ffff:)?127(?:\.\d{1,3}){3}$|^::1$/;

/**
 * Whether a host is this machine and nothing else, whatever a name server says: an address of the loopback
 * interface, in brackets or not, or `localhost`.
 */
export function isLoopbackHost(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || loopbackAddress.test(name);
}
