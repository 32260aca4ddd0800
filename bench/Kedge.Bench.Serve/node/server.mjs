// What a user would write today: Fastify over onnxruntime-node, one process, the Open Inference Protocol's bodies.
import Fastify from 'fastify';
import * as ort from 'onnxruntime-node';

const [path, port] = process.argv.slice(2);
const session = await ort.InferenceSession.create(path);
const types = { FP32: ['float32', Float32Array], INT32: ['int32', Int32Array] };
const names = { float32: 'FP32', int32: 'INT32' };
const app = Fastify({ bodyLimit: 64 * 1024 * 1024 });
app.get('/v2/health/ready', async () => ({ ready: true }));
app.post('/v2/models/m/infer', async (request) => {
  const feeds = {};
  for (const input of request.body.inputs) {
    const [type, Values] = types[input.datatype];
    feeds[input.name] = new ort.Tensor(type, Values.from(input.data), input.shape);
  }
  const results = await session.run(feeds);
  return {
    model_name: 'm',
    outputs: Object.entries(results).map(([name, tensor]) => ({
      name, datatype: names[tensor.type], shape: tensor.dims, data: Array.from(tensor.data),
    })),
  };
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
