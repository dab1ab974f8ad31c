import { readBody } from './body.ts';
import { type Exchange, reply, replyError } from './exchange.ts';

/** Largest call: a process can be sent that much on its stdin at once. */
const maxCallBytes = 16 * 1024 * 1024;

/** `/RPC2`: one XML-RPC call. The answer may take as long as the process it is about. */
export async function answerRpc(exchange: Exchange): Promise<void> {
  const { request, response, rpc } = exchange;
  const received = await readBody(request, response, maxCallBytes);
  switch (received.type) {
    case 'client-gone':
      return;
    case 'refused':
      // The rest of the body would be taken for the next request.
      replyError(exchange, received.status, { Connection: 'close' });
      return;
    case 'complete': {
      const answer = await rpc.handle(received.body);
      if (answer.status === 200) reply(exchange, 200, { 'Content-Type': 'text/xml' }, answer.body);
      else replyError(exchange, answer.status);
    }
  }
}
