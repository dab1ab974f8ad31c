import { createHash } from 'node:crypto';

/**
 * What happens in Redis, as scripts: Redis carries out each of them whole, and nothing in between. All have the same
 * arguments: the hash of jobs, the sorted set of their due times, the prefix of all other keys, who sends it, its
 * place in the order of what that sender has sent, what to do, as JSON, and whether nothing that was sent before may be
 * carried out any more.
 *
 * | key, after the prefix | type | holds |
 * |---|---|---|
 * | `run:<run>` | hash | a record for each attempt, and beside it bucket, node, fire time, the first change that has written it and the last |
 * | `runs:<bucket>`, `runs:<bucket>:<job>` | sorted set | members of that bucket: active, or the outcome |
 * | `active:<job>` | hash | active members, and where they stand |
 * | `active_on:<node>` | set | active members of a node |
 * | `leases` | sorted set | active members, by the end of their lease |
 * | `unsettled` | sorted set | members whose outcome nobody has seen to |
 * | `fires:<job>` | hash | fire times that are recorded, and the member |
 * | `failures:<job>`, `others:<job>` | sorted set | settled members, by when they ended |
 * | `sender:<sender>` | string | place of the last that this sender has sent and that was carried out |
| `store` | string | says whether this is still the store that was opened |
 *
 * A member is `<run>/<attempt>` with leading zeros, so that members sort by time. The keys that a script uses depend on what it
 * finds: a Redis Cluster cannot run them.
 */
export interface Script {
  readonly text: string;
  readonly sha: string;
  readonly isWriting: boolean;
}

const common = `
local jobs, times = KEYS[1], KEYS[2]
local base, sender, place, input = ARGV[1], ARGV[2], tonumber(ARGV[3]), cjson.decode(ARGV[4])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- What was sent over a connection that has broken since can still arrive, when its sender has gone on already.
if ARGV[5] == '1' then
  local last = base .. 'sender:' .. sender
  if tonumber(redis.call('GET', last) or '0') >= place then return redis.error_reply('LATE it was overtaken') end
  redis.call('SET', last, ARGV[3], 'EX', 86400)
end

local function split(member)
  local id, attempt = string.match(member, '^(.*)/(%d+)$')
  return id, tostring(tonumber(attempt))
end

-- Of each member the record and the end of its lease; nothing of one that is gone meanwhile.
local function load(members)
  local found = {}
  for _, member in ipairs(members) do
    local id, attempt = split(member)
    local record = redis.call('HGET', base .. 'run:' .. id, attempt)
    if record then found[#found + 1] = {member, record, redis.call('ZSCORE', base .. 'leases', member) or ''} end
  end
  return found
end

local function activeOf(job)
  local members = redis.call('HKEYS', base .. 'active:' .. job)
  table.sort(members)
  return members
end
`;

const writing = `
local isNews = false

local function putJob(id, record, due)
  redis.call('HSET', jobs, id, record)
  local before = redis.call('ZSCORE', times, id)
  if not due then
    redis.call('ZREM', times, id)
    return
  end
  redis.call('ZADD', times, due, id)
  if before and tonumber(before) == tonumber(due) then return end
  -- The others sleep until the earliest due time that they know.
  local first = redis.call('ZRANGEBYSCORE', times, '(' .. string.format('%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if tonumber(due) <= now or tonumber(first[2]) == tonumber(due) then isNews = true end
end

local function removeJob(id)
  redis.call('ZREM', times, id)
  return redis.call('HDEL', jobs, id)
end

local function forget(member, id, attempt, job, bucket)
  redis.call('ZREM', base .. 'runs:' .. bucket, member)
  redis.call('ZREM', base .. 'runs:' .. bucket .. ':' .. job, member)
  if bucket == 'active' then
    redis.call('HDEL', base .. 'active:' .. job, member)
    redis.call('SREM', base .. 'active_on:' .. redis.call('HGET', base .. 'run:' .. id, attempt .. ':node'), member)
  else
    redis.call('ZREM', base .. 'unsettled', member)
    redis.call('ZREM', base .. 'failures:' .. job, member)
    redis.call('ZREM', base .. 'others:' .. job, member)
  end
end

local function putRun(run, token)
  local key = base .. 'run:' .. run.id
  local before = redis.call('HGET', key, run.attempt .. ':bucket')
  if before then forget(run.member, run.id, run.attempt, run.jobId, before) end
  redis.call('HSET', key, run.attempt, run.record, run.attempt .. ':bucket', run.bucket,
    run.attempt .. ':node', run.node, run.attempt .. ':last', token)
  redis.call('HSETNX', key, run.attempt .. ':first', token)
  redis.call('ZADD', base .. 'runs:' .. run.bucket, 0, run.member)
  redis.call('ZADD', base .. 'runs:' .. run.bucket .. ':' .. run.jobId, 0, run.member)
  if run.fireTime then
    redis.call('HSET', key, run.attempt .. ':fire', run.fireTime)
    redis.call('HSET', base .. 'fires:' .. run.jobId, run.fireTime, run.member)
  end

  local leases = base .. 'leases'
  if run.bucket == 'active' then
    redis.call('HSET', base .. 'active:' .. run.jobId, run.member, run.stand)
    redis.call('SADD', base .. 'active_on:' .. run.node, run.member)
    if run.lease and redis.call('ZADD', leases, 'GT', run.lease, run.member) == 1 then
      -- The others sleep until the earliest end of a lease that they know.
      if redis.call('ZRANGE', leases, 0, 0)[1] == run.member then isNews = true end
    end
  else
    redis.call('ZREM', leases, run.member)
    if run.isSettled then redis.call('ZADD', base .. run.class .. ':' .. run.jobId, run.over, run.member)
    else redis.call('ZADD', base .. 'unsettled', 0, run.member) end
    -- Another run of the job may be waiting for this one, on any node.
    if before == 'active' and redis.call('HLEN', base .. 'active:' .. run.jobId) > 0 then isNews = true end
  end
  if run.node ~= input.node then isNews = true end
end

-- Whoever may not publish still writes.
local function tell()
  if isNews then redis.pcall('PUBLISH', base .. 'changed', sender) end
end
`;

export const scripts = {
  /** A name for what is stored, made up by the first who asks. */
  nameStore: script(`
redis.call('SET', base .. 'store', input.name, 'NX')
return redis.call('GET', base .. 'store')`),

  now: script('return string.format("%.0f", now)'),

  addJob: script(
    writing,
    `
if redis.call('HEXISTS', jobs, input.id) == 1 then return 0 end
putJob(input.id, input.record, input.due)
tell()
return 1`,
  ),

  updateJob: script(
    writing,
    `
if redis.call('HEXISTS', jobs, input.id) == 0 then return 0 end
putJob(input.id, input.record, input.due)
isNews = true
tell()
return 1`,
  ),

  removeJob: script(writing, 'return removeJob(input.id)'),

  removeAllJobs: script(writing, `return redis.call('DEL', jobs, times)`),

  change: script(
    writing,
    `
local function holds()
  local expect = input.expect
  if expect.nextRunTime or expect.modified or input.job then
    local record = redis.call('HGET', jobs, input.jobId)
    if not record then return false end
    if expect.nextRunTime or expect.modified then
      local isReadable, job = pcall(cjson.decode, record)
      if not isReadable then return false end
      if expect.nextRunTime and (job.nextRunTime or cjson.null) ~= expect.nextRunTime then return false end
      if expect.modified and job.modified ~= expect.modified then return false end
    end
  end
  if expect.active then
    local active = base .. 'active:' .. input.jobId
    local count = 0
    for member, stand in pairs(expect.active) do
      if redis.call('HGET', active, member) ~= stand then return false end
      count = count + 1
    end
    if redis.call('HLEN', active) ~= count then return false end
  end
  for _, run in ipairs(input.runs) do
    if run.fireTime then
      local recorded = redis.call('HGET', base .. 'fires:' .. run.jobId, run.fireTime)
      if recorded and recorded ~= run.member then return false end
    end
    -- Its node has been heard of since somebody took it for dead.
    if run.isLost and run.node ~= input.node then
      local lease = redis.call('ZSCORE', base .. 'leases', run.member)
      if lease and tonumber(lease) > now then return false end
    end
  end
  return true
end

-- A change whose answer was lost is sent again. All of it was made if any of it was; others may have gone on since.
local function wasMade()
  for _, run in ipairs(input.runs) do
    local written = redis.call('HMGET', base .. 'run:' .. run.id, run.attempt .. ':first', run.attempt .. ':last')
    if written[1] == input.token or written[2] == input.token then return true end
  end
  return false
end

if input.isRetry and wasMade() then return 1 end
if not holds() then return 0 end
if input.job == 'removed' then removeJob(input.jobId)
elseif input.job then putJob(input.jobId, input.job, input.due) end
for _, run in ipairs(input.runs) do putRun(run, input.token) end
tell()
return 1`,
  ),

  renewLeases: script(
    writing,
    `
for _, member in ipairs(redis.call('SMEMBERS', base .. 'active_on:' .. input.node)) do
  redis.call('ZADD', base .. 'leases', 'XX', 'GT', input.untilTime, member)
end
return 1`,
  ),

  pruneRuns: script(
    writing,
    `
local chosen, seen = {}, {}
for _, class in ipairs({'failures', 'others'}) do
  local key = base .. class .. ':' .. input.jobId
  local surplus = redis.call('ZCARD', key) - input.limit
  local tooMany = surplus > 0 and redis.call('ZRANGE', key, 0, surplus - 1) or {}
  local tooOld = input.since and redis.call('ZRANGEBYSCORE', key, '-inf', '(' .. input.since) or {}
  for _, members in ipairs({tooMany, tooOld}) do
    for _, member in ipairs(members) do
      if not seen[member] then chosen[#chosen + 1] = member end
      seen[member] = true
    end
  end
end
local removed = load(chosen)
local fires = base .. 'fires:' .. input.jobId
for _, member in ipairs(chosen) do
  local id, attempt = split(member)
  local key = base .. 'run:' .. id
  local bucket = redis.call('HGET', key, attempt .. ':bucket')
  forget(member, id, attempt, input.jobId, bucket)
  local fireTime = redis.call('HGET', key, attempt .. ':fire')
  if fireTime and redis.call('HGET', fires, fireTime) == member then redis.call('HDEL', fires, fireTime) end
  for _, field in ipairs({'', ':bucket', ':node', ':fire', ':first', ':last'}) do
    redis.call('HDEL', key, attempt .. field)
  end
end
return removed`,
  ),

  lookupJob: script(`return redis.call('HGET', jobs, input.id)`),

  getAllJobs: script(`return redis.call('HGETALL', jobs)`),

  getDueJobs: script(
    `
local due = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', times, '-inf', input.now)) do
  local record = redis.call('HGET', jobs, id)
  if record then due[#due + 1] = {id, record, load(activeOf(id))} end
end
return due`,
  ),

  getNextDueJobs: script(
    `
local next = {}
local ids = redis.call('ZRANGEBYSCORE', times, '(' .. input.after, '+inf', 'LIMIT', input.offset, input.limit)
for _, id in ipairs(ids) do next[#next + 1] = {id, redis.call('HGET', jobs, id) or '', load(activeOf(id))} end
return next`,
  ),

  getRun: script(
    `
local members = {}
for _, field in ipairs(redis.call('HKEYS', base .. 'run:' .. input.id)) do
  if string.match(field, '^%d+$') then members[#members + 1] = input.id .. '/' .. string.format('%010d', field) end
end
table.sort(members)
return load(members)`,
  ),

  getRuns: script(
    `
local members = {}
for _, bucket in ipairs(input.buckets) do
  local key = base .. 'runs:' .. bucket .. (input.jobId and ':' .. input.jobId or '')
  local last = input.limit and input.offset + input.limit - 1 or -1
  for _, member in ipairs(redis.call('ZREVRANGE', key, 0, last)) do members[#members + 1] = member end
end
table.sort(members, function(one, other) return one > other end)
local page = {}
local last = input.limit and math.min(input.offset + input.limit, #members) or #members
for nth = input.offset + 1, last do page[#page + 1] = members[nth] end
return load(page)`,
  ),

  getUnsettledRuns: script(`return load(redis.call('ZRANGE', base .. 'unsettled', 0, -1))`),
} as const satisfies Readonly<Record<string, Script>>;

export type ScriptName = keyof typeof scripts;

function script(...parts: readonly string[]): Script {
  const text = [common, ...parts].join('');
  return { text, sha: createHash('sha1').update(text).digest('hex'), isWriting: parts[0] === writing };
}
