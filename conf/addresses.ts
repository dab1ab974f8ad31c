/** Readers of network addresses. */
import { normalize } from 'node:path';
import { InvalidValue } from './invalid-value.ts';
import { parseInteger, repr } from './python-text.ts';
import type { Reader } from './reader.ts';
import type { FcgiAddress } from './settings.ts';
import { integer, octal } from './values.ts';

export interface InetAddress {
  /** Lower case; empty: all interfaces. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `*:port` or `port`. */
export const inetAddress: Reader<InetAddress> = {
  type: 'inet address',
  read(text, context) {
    const colon = text.lastIndexOf(':');
    if (colon < 0) {
      const port = parseInteger(text);
      if (port !== undefined && port >= 1 && port <= maxPort) return { host: '', port };
      throw new InvalidValue(`not a valid port number: ${repr(text)} `);
    }
    const digits = text.slice(colon + 1);
    if (digits === '') throw new InvalidValue("no port number specified in ''");
    const port = portNumber.read(digits, context);
    const host = text.slice(0, colon).toLowerCase();
    return { host: host === '*' ? '' : host, port };
  },
};

const maxPort = 0xffff;

/** An integer from 1 to 65535. */
export const portNumber: Reader<number> = {
  type: 'port number',
  read(text, context) {
    const port = integer.read(text, context);
    if (port < 1) throw new InvalidValue(`${port} is below lower bound (1)`);
    if (port > maxPort) throw new InvalidValue(`${port} is above upper bound (${maxPort})`);
    return port;
  },
};

/** `tcp://host:port` or `unix:///absolute/path`; the message ends with the section. */
export function fcgiSocket(section: string): Reader<FcgiAddress> {
  return {
    type: 'socket address',
    read(text, context) {
      const place = ` in [${section}] socket`;
      if (text.startsWith('unix://')) {
        const path = text.slice('unix://'.length);
        if (!path.startsWith('/'))
          throw new InvalidValue(`Unix socket path ${path} is not an absolute path${place}`);
        return { type: 'unix', path: withoutEndSlash(normalize(path)) };
      }
      const match = /^tcp:\/\/([^\s:]+|\[[^\s\]]+\]):(\d+)$/.exec(text);
      if (match === null) throw new InvalidValue(`Bad socket format ${text}${place}`);
      const [, host = '', digits = ''] = match;
      try {
        return { type: 'tcp', host: host.toLowerCase(), port: portNumber.read(digits, context) };
      } catch (error) {
        if (error instanceof InvalidValue) throw new InvalidValue(error.message + place, { cause: error });
        throw error;
      }
    },
  };
}

function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** An octal mode, for keys whose error text says `what`. */
export function mode(what: string): Reader<number> {
  return {
    type: 'octal',
    read(text, context) {
      try {
        return octal.read(text, context);
      } catch (error) {
        throw new InvalidValue(`Invalid ${what} value ${text}`, { cause: error });
      }
    },
  };
}

/** Length of a socket's queue, 1 to 65535. */
export const socketBacklog: Reader<number> = {
  type: 'integer',
  read(text, context) {
    const value = integer.read(text, context);
    if (value < 1 || value > maxPort) throw new InvalidValue(`Invalid socket_backlog value ${value}`);
    return value;
  },
};
