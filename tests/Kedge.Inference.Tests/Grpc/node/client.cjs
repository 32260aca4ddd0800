// Points npm's gRPC client, made from the published .proto at run time, at a server, and asks for everything.
// Arguments: folder with node_modules, the .proto, own address, public address. Prints one line for each check.
'use strict';
const { createRequire } = require('node:module');
const path = require('node:path');
const [modules, proto, own, open] = process.argv.slice(2);
const load = createRequire(path.join(modules, 'package.json'));
const grpc = load('@grpc/grpc-js');
const loader = load('@grpc/proto-loader');

const { inference } = grpc.loadPackageDefinition(loader.loadSync(proto, {
  keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
}));
const options = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const make = (address) =>
  new inference.GRPCInferenceService(address, grpc.credentials.createInsecure(), options);
const owner = make(own);
const anyone = make(open);

let checks = 0;
const say = (name) => { checks++; console.log(`ok ${name}`); };
const check = (holds, what) => { if (!holds) { throw new Error(what); } };
const equal = (got, wanted, what) =>
  check(JSON.stringify(got) === JSON.stringify(wanted), `${what}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);

/** One call: its answer, or the error with its status. */
const ask = (client, method, request, more = {}) => new Promise((resolve) => {
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(more.headers ?? {})) { metadata.set(key, value); }
  const call = client[method](request, metadata, { deadline: Date.now() + (more.deadlineMs ?? 60_000) },
    (error, answer) => resolve({ error, answer, trailers: error?.metadata }));
  if (more.cancel) { setImmediate(() => call.cancel()); }
});
const good = async (client, method, request, more) => {
  const { error, answer } = await ask(client, method, request, more);
  check(!error, `${method}: ${error}`);
  return answer;
};
const fails = async (client, method, request, status, code, more) => {
  const { error } = await ask(client, method, request, more);
  check(error, `${method} succeeded`);
  equal(error.code, status, `${method}, ${error.details}`);
  check(error.details.startsWith(code), `${method}: ${error.details}`);
};

const numbers = Array.from({ length: 16 }, (_, i) => i);
const raw = Buffer.from(Int32Array.from(numbers).buffer);
const tensor = (name) => ({ name, datatype: 'INT32', shape: [1, 16] });
const rawRequest = (more = {}) => ({
  model_name: 'tiny', inputs: [tensor('INPUT0'), tensor('INPUT1')], raw_input_contents: [raw, raw], ...more,
});
const listRequest = (more = {}) => ({
  model_name: 'tiny', ...more,
  inputs: ['INPUT0', 'INPUT1'].map((name) => ({ ...tensor(name), contents: { int_contents: numbers } })),
});
const elements = (buffer) => Array.from(new Int32Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length)));
const doubled = numbers.map((i) => 2 * i);

const questions = async () => {
  for (const client of [owner, anyone]) {
    equal((await good(client, 'ServerLive', {})).live, true, 'live');
    equal((await good(client, 'ServerReady', {})).ready, true, 'ready');
    equal((await good(client, 'ModelReady', { name: 'tiny' })).ready, true, 'model ready');
    equal((await good(client, 'ModelReady', { name: 'none' })).ready, false, 'no model ready');
    const server = await good(client, 'ServerMetadata', {});
    equal(server.name, 'kedge', 'server name');
    check(server.extensions.includes('statistics'), 'extensions');
    const model = await good(client, 'ModelMetadata', { name: 'tiny' });
    equal(model.inputs[0], { shape: ['-1', '16'], name: 'INPUT0', datatype: 'INT32' }, 'input');
    const { config } = await good(client, 'ModelConfig', { name: 'tiny' });
    equal([config.name, config.backend, config.input[0].data_type, config.output[1].dims],
      ['tiny', 'onnxruntime', 'TYPE_INT32', ['16']], 'config');
  }
  say('questions');
};

const infer = async () => {
  for (const request of [rawRequest({ id: '42' }), listRequest({ id: '42' })]) {
    const answer = await good(anyone, 'ModelInfer', request);
    equal([answer.model_name, answer.model_version, answer.id], ['tiny', '1', '42'], 'answer');
    equal(elements(answer.raw_output_contents[0]), doubled, 'sum');
  }
  const lists = await good(anyone, 'ModelInfer', listRequest({ parameters: { binary_data_output: { bool_param: false } } }));
  equal(lists.outputs[0].contents.int_contents, doubled, 'sum as numbers');
  equal(lists.raw_output_contents, [], 'nothing raw');
  const classes = await good(anyone, 'ModelInfer', rawRequest({
    outputs: [{ name: 'OUTPUT0', parameters: { classification: { int64_param: 2 } } }],
    parameters: { priority: { uint64_param: 1 }, timeout: { int64_param: 20000000 } },
  }));
  equal([classes.outputs[0].datatype, classes.raw_output_contents[0].toString('latin1', 4, 9)], ['BYTES', '30:15'], 'classes');
  say('infer');

  const big = Buffer.alloc(20_000_000, 7);
  big[19_999_999] = 9;
  const echoed = await good(anyone, 'ModelInfer', {
    model_name: 'echo', inputs: [{ name: 'x', datatype: 'UINT8', shape: [big.length] }], raw_input_contents: [big],
  });
  check(big.equals(echoed.raw_output_contents[0]), 'a big message is another one');
  say('big');

  const many = await Promise.all(Array.from({ length: 500 }, (_, i) => good(anyone, 'ModelInfer', rawRequest({ id: `${i}` }))));
  equal(many.map((answer) => answer.id), Array.from({ length: 500 }, (_, i) => `${i}`), 'ids');
  check(many.every((answer) => elements(answer.raw_output_contents[0])[15] === 30), 'an answer of many is wrong');
  say('many');
};

const stream = () => new Promise((resolve, reject) => {
  const call = anyone.ModelStreamInfer();
  const got = [];
  call.on('data', (answer) => {
    got.push([answer.infer_response.id, answer.error_message.slice(0, 15)]);
    if (got.length === 20) { call.end(); }
  });
  call.on('error', reject);
  call.on('end', () => {
    try {
      equal(got, Array.from({ length: 20 }, (_, i) => [`${i}`, i === 7 ? 'KEDGE-INFER-009' : '']), 'stream');
      say('stream');
      resolve();
    } catch (error) { reject(error); }
  });
  for (let i = 0; i < 20; i++) {
    call.write(rawRequest({ id: `${i}`, model_name: i === 7 ? 'none' : 'tiny' }));
  }
});

const errors = async () => {
  const { status } = grpc;
  await fails(anyone, 'ModelInfer', rawRequest({ model_name: 'none' }), status.NOT_FOUND, 'KEDGE-INFER-009');
  await fails(anyone, 'ModelInfer', { ...rawRequest(), raw_input_contents: [raw] }, status.INVALID_ARGUMENT, 'KEDGE-INFER-041');
  await fails(anyone, 'ModelInfer', rawRequest({ parameters: { priority: { string_param: 'x' } } }),
    status.INVALID_ARGUMENT, 'KEDGE-INFER-021');
  await fails(anyone, 'ModelInfer', {
    model_name: 'echo', inputs: [{ name: 'x', datatype: 'UINT8', shape: [70_000_000] }],
    raw_input_contents: [Buffer.alloc(70_000_000)],
  }, status.RESOURCE_EXHAUSTED, 'KEDGE-INFER-008');
  await fails(anyone, 'RepositoryIndex', {}, status.PERMISSION_DENIED, 'KEDGE-INFER-024');
  await fails(owner, 'RepositoryModelLoad', { model_name: 'none' }, status.NOT_FOUND, 'KEDGE-SERVE-024');
  await fails(owner, 'SystemSharedMemoryRegister', { name: 'a', key: '/a' }, status.INVALID_ARGUMENT, 'KEDGE-INFER-028');
  await fails(owner, 'ModelStatistics', { name: 'none' }, status.NOT_FOUND, 'KEDGE-INFER-009');
  say('errors');

  // The client gives up by itself, or the server says so: either is right.
  const slow = { model_name: 'slow', inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4] }], raw_input_contents: [Buffer.alloc(16)] };
  const crowd = Array.from({ length: 60 }, () => ask(anyone, 'ModelInfer', slow));
  const late = await ask(anyone, 'ModelInfer', slow, { deadlineMs: 2 });
  equal(late.error?.code, status.DEADLINE_EXCEEDED, 'deadline');
  const cancelled = await ask(anyone, 'ModelInfer', slow, { cancel: true });
  equal(cancelled.error?.code, status.CANCELLED, 'cancelled');
  const ends = (await Promise.all(crowd)).map(({ error }) => error?.code ?? 0);
  check(ends.every((code) => code === 0 || code === status.UNAVAILABLE), `a crowd ended with ${ends}`);
  check(ends.includes(status.UNAVAILABLE) && ends.includes(0), `a crowd ended with ${ends}`);
  equal((await good(anyone, 'ServerLive', {})).live, true, 'live after all that');
  say('deadline and cancellation');
};

const control = async () => {
  const index = await good(owner, 'RepositoryIndex', {});
  equal(index.models.map((model) => `${model.name} ${model.state}`).sort(), ['echo READY', 'slow READY', 'tiny READY'], 'index');
  await good(owner, 'RepositoryModelUnload', { model_name: 'echo', parameters: { unload_dependents: { bool_param: true } } });
  equal((await good(owner, 'RepositoryIndex', { ready: true })).models.length, 2, 'ready ones');
  await good(owner, 'RepositoryModelLoad', { model_name: 'echo' });
  equal((await good(owner, 'ModelReady', { name: 'echo' })).ready, true, 'loaded again');
  const trace = await good(owner, 'TraceSetting', { settings: { trace_rate: { value: ['7'] } } });
  equal(trace.settings.trace_rate.value, ['7'], 'trace rate');
  const back = await good(owner, 'TraceSetting', { settings: { trace_rate: {} } });
  equal(back.settings.trace_rate.value, ['1000'], 'trace rate set back');
  const log = await good(owner, 'LogSettings', { settings: { log_verbose_level: { uint32_param: 1 }, log_info: { bool_param: false } } });
  equal([log.settings.log_verbose_level.uint32_param, log.settings.log_info.bool_param], [1, false], 'log settings');
  equal((await good(owner, 'SystemSharedMemoryStatus', {})).regions, {}, 'regions');
  await good(owner, 'SystemSharedMemoryUnregister', {});
  const { model_stats } = await good(owner, 'ModelStatistics', { name: 'tiny' });
  check(Number(model_stats[0].inference_stats.success.count) > 500, 'statistics');
  say('control');
};

(async () => {
  await questions();
  await infer();
  await stream();
  await errors();
  await control();
  owner.close();
  anyone.close();
  console.log(`${checks} groups of checks passed`);
})().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
