using Kedge.Inference.Onnx;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Sessions;

public sealed class OrtTelemetryTests
{
    /// <summary>The runtime's uploader holds its database open from the first environment to the last.</summary>
    [Fact]
    public void The_runtime_keeps_no_telemetry()
    {
        byte[] model = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "same",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1)],
            Nodes = [new OnnxNodeSpec("Identity", ["x"], ["y"])],
        });
        using OnnxSession session = OnnxSession.FromBytes(model, new OnnxSessionOptions());

        IEnumerable<string> open = Directory.EnumerateFiles("/proc/self/fd")
            .Select(path => new FileInfo(path).LinkTarget ?? "")
            .Concat(File.ReadLines("/proc/self/maps"));
        Assert.DoesNotContain(open, path => path.Contains("onnxruntime.db", StringComparison.Ordinal));
    }
}
