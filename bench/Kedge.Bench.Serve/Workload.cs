using System.Globalization;
using System.Text;
using Kedge.Inference.Onnx;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Onnx;

namespace Kedge.Bench.Serve;

/// <summary>One model with one request to it, in every form in which it is sent.</summary>
internal sealed class Workload
{
    private Workload(string name, string path, Tensor[] inputs)
    {
        Name = name;
        Path = path;
        Inputs = inputs;
        byte[] json = InferenceClient.WriteRequest(inputs);
        JsonRequest = Post(json);
        BinaryRequest = Binary(inputs);
    }

    public string Name { get; }

    public string Path { get; }

    public Tensor[] Inputs { get; }

    /// <summary>The whole HTTP request with JSON data.</summary>
    public byte[] JsonRequest { get; }

    /// <summary>The whole HTTP request with binary tensor data, answered so too.</summary>
    public byte[] BinaryRequest { get; }

    /// <summary>Two int32 vectors of 16: their sum and their difference.</summary>
    public static Workload Tiny(string folder)
    {
        OnnxValue Vector(string name) => OnnxValue.Tensor(name, OnnxElementType.Int32, 1, 16);
        string path = System.IO.Path.Combine(folder, "tiny.onnx");
        File.WriteAllBytes(path, OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "tiny",
            Inputs = [Vector("INPUT0"), Vector("INPUT1")],
            Outputs = [Vector("OUTPUT0"), Vector("OUTPUT1")],
            Nodes =
            [
                new OnnxNodeSpec("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
                new OnnxNodeSpec("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"]),
            ],
        }));
        int[] values = [.. Enumerable.Range(0, 16)];
        return new Workload("tiny", path,
        [
            Tensor.Of<int>("INPUT0", TensorType.Int32, [1, 16], values),
            Tensor.Of<int>("INPUT1", TensorType.Int32, [1, 16], values),
        ]);
    }

    /// <summary>A layer of 128 by 128 weights, 64 KB of them, for a batch of any size.</summary>
    public static Workload Mlp(string folder) => Layer(folder, "mlp", 128);

    /// <summary>
    /// A layer of 1024 by 1024 weights: reading 4 MB of them is most of its work, however large the batch.
    /// </summary>
    public static Workload Wide(string folder) => Layer(folder, "wide", 1024);

    private static Workload Layer(string folder, string name, int size)
    {
        float[] weights = [.. Enumerable.Range(0, size * size).Select(i => ((i % 17) - 8) / 64f)];
        string path = System.IO.Path.Combine(folder, $"{name}.onnx");
        File.WriteAllBytes(path, OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = name,
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, size)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, size)],
            Initializers = [OnnxTensor.Of("w", [size, size], weights)],
            Nodes =
            [
                new OnnxNodeSpec("MatMul", ["x", "w"], ["h"]),
                new OnnxNodeSpec("Relu", ["h"], ["y"]),
            ],
        }));
        float[] values = [.. Enumerable.Range(0, size).Select(i => i / (float)size)];
        return new Workload(name, path, [Tensor.Of<float>("x", TensorType.Float32, [1, size], values)]);
    }

    /// <summary>A network with constant weights; null when the shared data is absent.</summary>
    public static Workload? Light(string checkout, string name)
    {
        string data = Environment.GetEnvironmentVariable("KEDGE_SHARED_DATA")
            ?? System.IO.Path.Combine(checkout, "..", "shared", "data");
        string path = System.IO.Path.GetFullPath(
            System.IO.Path.Combine(data, "onnx-conformance", "light", $"light_{name}.onnx"));
        if (!File.Exists(path))
        {
            return null;
        }

        using OnnxSession session = OnnxSession.FromFile(path, new OnnxSessionOptions());
        const int Count = 3 * 224 * 224;
        float[] values = [.. Enumerable.Range(0, Count).Select(i => (float)((double)i / Count))];
        string input = session.Signature.Inputs[0].Name;
        return new Workload(
            name, path, [Tensor.Of<float>(input, TensorType.Float32, [1, 3, 224, 224], values)]);
    }

    /// <summary>A call with these inputs, ready to be run.</summary>
    public InferenceCall NewCall(ModelSignature signature)
    {
        InferenceCall call = new(signature);
        call.WantAll(binary: false);
        for (int i = 0; i < Inputs.Length; i++)
        {
            call.Inputs[i].CopyFrom(Inputs[i]);
        }

        return call;
    }

    /// <summary>A whole HTTP request with a body of JSON.</summary>
    public static byte[] Post(byte[] json) => [.. Head("application/json", json.Length, ""), .. json];

    private static byte[] Binary(Tensor[] inputs)
    {
        StringBuilder json = new("{\"parameters\":{\"binary_data_output\":true},\"inputs\":[");
        foreach (Tensor input in inputs)
        {
            json.Append(input == inputs[0] ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $"{{\"name\":\"{input.Name}\",\"datatype\":\"{TensorTypes.Name(input.Type)}\",")
                .Append(
                CultureInfo.InvariantCulture,
                $"\"shape\":{TensorShape.Describe(input.Shape)},")
                .Append(
                CultureInfo.InvariantCulture,
                $"\"parameters\":{{\"binary_data_size\":{input.Bytes.Length}}}}}");
        }

        byte[] head = Encoding.UTF8.GetBytes(json.Append("]}").ToString());
        byte[] data = [.. inputs.SelectMany(input => input.Bytes.ToArray())];
        string length = $"Inference-Header-Content-Length: {head.Length}\r\n";
        return [.. Head("application/octet-stream", head.Length + data.Length, length), .. head, .. data];
    }

    private static byte[] Head(string type, int length, string more) => Encoding.ASCII.GetBytes(
        "POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\n"
        + $"Content-Type: {type}\r\n{more}Content-Length: {length}\r\n\r\n");
}
