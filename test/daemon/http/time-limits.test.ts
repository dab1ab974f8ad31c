import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BodyResult, discardBody, readBody } from '../../../daemon/http/body.ts';
import { Connections } from '../../../daemon/http/connections.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const seconds = (count: number): void => jest.advanceTimersByTime(count * 1000);

/** Stands in for the socket of a client that has sent `bytesRead` bytes and was sent `bytesWritten`. */
function fakeSocket(bytes: { bytesRead: number; bytesWritten: number }) {
  const stream = Object.assign(new PassThrough(), bytes);
  return { stream, socket: stream as unknown as Socket };
}

describe('a connection', () => {
  it('is closed if no request begins within 30 seconds', () => {
    const { stream, socket } = fakeSocket({ bytesRead: 0, bytesWritten: 0 });
    new Connections().add(socket);
    seconds(29);
    expect(stream.destroyed).toBe(false);
    seconds(2);
    expect(stream.destroyed).toBe(true);
  });

  it('is told 408 if a request has begun but its header does not come to an end', () => {
    const { stream, socket } = fakeSocket({ bytesRead: 9, bytesWritten: 0 });
    new Connections().add(socket);
    seconds(31);
    expect(String(stream.read())).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });

  it('may take as long as it likes while it is answered, then half an hour for the next request', () => {
    const { stream, socket } = fakeSocket({ bytesRead: 9, bytesWritten: 9 });
    const connections = new Connections();
    connections.add(socket);
    expect(connections.begin({ socket, complete: true } as IncomingMessage)).toBe(true);
    seconds(100_000);
    expect(stream.destroyed).toBe(false);
    connections.end(socket);
    seconds(29 * 60);
    expect(stream.destroyed).toBe(false);
    seconds(2 * 60);
    expect(stream.destroyed).toBe(true);
  });

  it('costs no timer once it is closed', async () => {
    const { stream, socket } = fakeSocket({ bytesRead: 0, bytesWritten: 0 });
    new Connections().add(socket);
    expect(jest.getTimerCount()).toBe(1);
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a body', () => {
  const request = () => {
    const stream = Object.assign(new PassThrough(), { headers: { 'content-length': '10' }, complete: false });
    return { stream, message: stream as unknown as IncomingMessage };
  };
  const response = {} as ServerResponse;

  it('may take a minute', async () => {
    const { stream, message } = request();
    const result = readBody(message, response, 1000);
    stream.write('half');
    seconds(59);
    stream.end('rest');
    expect(await result).toMatchObject({ type: 'complete' });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is refused after that', async () => {
    const { stream, message } = request();
    const result: Promise<BodyResult> = readBody(message, response, 1000);
    stream.write('half');
    seconds(61);
    expect(await result).toEqual({ type: 'refused', status: 408 });
  });

  it('that nobody wants is waited for two seconds', async () => {
    const { message } = request();
    const discarded = discardBody(message);
    seconds(2);
    await discarded;
    expect(jest.getTimerCount()).toBe(0);
  });
});
