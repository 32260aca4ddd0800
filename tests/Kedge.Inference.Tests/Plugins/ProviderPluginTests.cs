using Kedge.Inference.Control;
using Kedge.Inference.Tests.Conformance;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Plugins;

/// <summary>
/// Execution providers that come as a file, in real processes: a provider stays with its process. The provider is built
/// here from provider.c; it adds a thousand to every sum, so that an answer says who computed it.
/// </summary>
public sealed class ProviderPluginTests : IDisposable
{
    private const string Request =
        """
        {"inputs":[{"name":"x","shape":[3],"datatype":"FP32","data":[1,2,3]},
         {"name":"w","shape":[3],"datatype":"FP32","data":[1,2,3]}]}
        """;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_makes_it_compute_what_it_can_and_the_processor_the_rest()
    {
        using ServeProcess server = Serve(Build()).WaitFor(ServeStates.Ready);
        Assert.Equal("3006,3012,3018", Answer(server)); // (x + w + 1000) * 3
    }

    [Fact]
    public void Without_it_the_processor_computes_all()
    {
        using ServeProcess server = Serve(null).WaitFor(ServeStates.Ready);
        Assert.Equal("6,12,18", Answer(server));
    }

    [Theory]
    [InlineData("no library", "")]
    [InlineData("", "the unit is on fire")]
    public void One_that_cannot_be_used_ends_the_start_and_says_why(string content, string words)
    {
        string path = content.Length > 0 ? _folder.File("libbroken.so") : Build("-DFAILS=1");
        if (content.Length > 0)
        {
            File.WriteAllText(path, content);
        }

        using ServeProcess server = Serve(path).WaitFor(ServeStates.Failed);
        string error = server.Ask(ControlOps.Status).Error;
        Assert.StartsWith("KEDGE-SERVE-032", error, StringComparison.Ordinal);
        Assert.Contains(words.Length > 0 ? words : path, error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_finds_no_device_is_told_where_it_is_named()
    {
        using ServeProcess server = Serve(Build("-DCLAIMS=0")).WaitFor(ServeStates.Failed);
        string error = server.Ask(ControlOps.Status).Error;
        Assert.StartsWith("KEDGE-SERVE-032", error, StringComparison.Ordinal);
        Assert.Contains("finds no device", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("prefer-npu")]
    [InlineData("prefer-gpu")]
    [InlineData("max-efficiency")]
    public void A_policy_falls_back_to_the_processor_where_it_finds_no_device(string policy)
    {
        using ServeProcess server = Serve(Build("-DCLAIMS=0"), policy).WaitFor(ServeStates.Ready);
        Assert.Equal("6,12,18", Answer(server));
    }

    private static string Answer(ServeProcess server)
    {
        using RawHttp http = server.Connect();
        (int status, string body) = http.Ask("POST", "/v2/models/tiny/infer", Request);
        Assert.True(status == 200, body);
        int start = body.IndexOf("\"data\":[", StringComparison.Ordinal) + 8;
        return body[start..body.IndexOf(']', start)];
    }

    private static ServeProcess Serve(string? library, string policy = "") => new(
        "1",
        model: OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "sum",
            Inputs =
            [
                OnnxValue.Tensor("x", OnnxElementType.Float, -1), OnnxValue.Tensor("w", OnnxElementType.Float, -1),
            ],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1)],
            Initializers = [OnnxTensor.Of("three", [1], (float[])[3])],
            Nodes = [new OnnxNodeSpec("Add", ["x", "w"], ["s"]), new OnnxNodeSpec("Mul", ["s", "three"], ["y"])],
        }),
        change: config =>
        {
            config.Plugins = library is null ? [] : [new ServePlugin("onnx", "thousand", library)];
            config.DevicePolicy = policy;
        });

    private string Build(string flag = "-DCLAIMS=1")
    {
        string library = _folder.File("libprovider.so");
        string source = Path.Combine(
            SharedCases.Checkout, "tests", "Kedge.Inference.Tests", "Plugins", "provider.c");
        using ChildProcess compiler = ChildProcess.Start(new SpawnSpec
        {
            Program = "/usr/bin/gcc",
            Arguments = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", flag, "-o", library, source],
            Environment = ["PATH=/usr/bin:/bin", "LC_ALL=C"],
            OutputFile = _folder.File("gcc.log"),
        });
        Assert.True(Polling.WaitReadable(compiler.ExitDescriptor, _patience));
        Assert.True(
            compiler.TryCollect() is { Exited: true, Status: 0 }, File.ReadAllText(_folder.File("gcc.log")));
        return library;
    }
}
