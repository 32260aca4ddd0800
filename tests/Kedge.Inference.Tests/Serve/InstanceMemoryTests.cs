using System.Globalization;
using System.Text;
using Kedge.Inference.Control;
using Kedge.Onnx;
using Xunit.Abstractions;

namespace Kedge.Inference.Tests.Serve;

/// <summary>
/// What instances of one model cost: they are runs of one session, so that its weights are there once.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class InstanceMemoryTests(ITestOutputHelper output)
{
    private const int Width = 4096;
    private const long WeightBytes = (long)Width * Width * sizeof(float);

    [Fact]
    public void Weights_are_in_memory_once_whatever_the_number_of_instances()
    {
        byte[] model = Dense();
        long one = Measure(model, 1);
        long two = Measure(model, 2);
        long four = Measure(model, 4);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"weights {WeightBytes >> 20} MiB; resident under load: 1 instance {one >> 20} MiB, 2 {two >> 20} MiB, "
            + $"4 {four >> 20} MiB"));
        Assert.True(two - one < WeightBytes / 2, $"2 instances take {two - one} bytes more than one.");
        Assert.True(four - one < WeightBytes / 2, $"4 instances take {four - one} bytes more than one.");
    }

    /// <summary>Resident memory of a server after eight clients have asked at once for a while, in bytes.</summary>
    private static long Measure(byte[] model, int instances)
    {
        // More slots than this machine may have processors: what is asked is memory, not speed.
        using ServeProcess server = new(
            "1",
            model: model,
            change: config => config.Models[0].Scheduling.Instances = instances,
            environment: "DOTNET_PROCESSOR_COUNT=4");
        server.WaitFor(ServeStates.Ready);
        byte[] request = RawHttp.Request(
            "POST",
            "/v2/models/tiny/infer",
            $$"""{"inputs":[{"name":"x","shape":[1,{{Width}}],"datatype":"FP32","data":[{{Numbers()}}]}]}""");
        Thread[] clients = [.. Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            using RawHttp http = server.Connect();
            for (int i = 0; i < 25; i++)
            {
                Assert.Equal(200, http.Exchange(request, out ReadOnlySpan<byte> body));
                Assert.Contains("\"y\"", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
            }
        }))];
        Array.ForEach(clients, static client => client.Start());
        Array.ForEach(clients, static client => client.Join());
        return Vitals.Of(server.Process.Pid).ResidentBytes;
    }

    private static string Numbers() => string.Join(',', Enumerable.Repeat("1", Width));

    private static byte[] Dense() => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "dense",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 1, Width)],
        Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1)],
        Initializers =
        [
            OnnxTensor.Of(
                "w", [Width, Width], [.. Enumerable.Range(0, Width * Width).Select(static i => (i % 17) / 100f)]),
        ],
        Nodes =
        [
            new OnnxNodeSpec("MatMul", ["x", "w"], ["h"]),
            new OnnxNodeSpec("ReduceMax", ["h"], ["y"])
            {
                Attributes = [new OnnxAttribute.Int("keepdims", 0), new OnnxAttribute.Ints("axes", [1])],
            },
        ],
    });
}
