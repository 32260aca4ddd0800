using Google.Protobuf;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Onnx;
using OpenInference;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>Adds one, three thousand times: long enough that others have to wait.</summary>
internal static class SlowModel
{
    private const int Steps = 3000;

    public static byte[] Bytes { get; } = OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "slow",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 4)],
        Outputs = [OnnxValue.Tensor($"v{Steps}", OnnxElementType.Float, -1, 4)],
        Initializers = [OnnxTensor.Of("one", [1], (float[])[1])],
        Nodes = [.. Enumerable.Range(1, Steps).Select(static i =>
            new OnnxNodeSpec("Add", [i == 1 ? "x" : $"v{i - 1}", "one"], [$"v{i}"]))],
    });

    public static IInferenceSession Native() =>
        OnnxSession.FromBytes(Bytes, new OnnxSessionOptions { IntraOpThreads = 1 });

    public static ModelInferRequest Request { get; } = new()
    {
        ModelName = "slow",
        Inputs =
        {
            new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 4 } },
        },
        RawInputContents = { ByteString.CopyFrom(new byte[16]) },
    };
}
