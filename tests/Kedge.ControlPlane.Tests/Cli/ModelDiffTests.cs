using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Cli;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Onnx;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>What <c>kedge model diff</c> finds between two packages.</summary>
public sealed class ModelDiffTests : IAsyncLifetime, IDisposable
{
    private readonly CliRun _cli = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Fields_files_and_tensors_that_differ_are_shown_with_what_a_device_fetches()
    {
        float[] large = [.. Enumerable.Range(0, 200_000).Select(static i => MathF.Sin(i))];
        await PushAsync("v1", Model("one.onnx", large, ("old", 1f)), "--provenance", "run=1");
        large[7] += 0.25f;
        large[9] += 0.5f;
        await PushAsync("v2", Model("two.onnx", large, ("new", 1f)), "--provenance", "run=2", "--variant",
            "twin=" + Model("twin.onnx", large, ("new", 1f)));

        string text = await OkAsync("model", "diff", "adder:v1", "adder:v2");
        Assert.Matches(@"(?m)^Shared:\s+\d+\.\d KiB of \d+\.\d KiB by chunks$", text);
        Assert.Matches(@"(?m)^  provenance run\s+1\s+2$", text);
        Assert.Matches(@"(?m)^  variant twin\s+-\s+onnx, fp32, cpu$", text);
        Assert.Matches(@"(?m)^  model.onnx\s+twin\s+added\s+-\s+", text);
        Assert.Matches(@"(?m)^  model.onnx\s+onnx-fp32\s+changed\s+781\.\d KiB\s+781\.\d KiB\s+\d+\.\d KiB\s", text);
        Assert.Matches(@"(?m)^  large\s+onnx-fp32\s+changed\s+float32\s+781\.\d KiB\s+2 of 200000\s+5e-1$", text);
        Assert.Matches(@"(?m)^  new\s+onnx-fp32\s+added\s", text);
        Assert.Matches(@"(?m)^  old\s+onnx-fp32\s+removed\s", text);

        JsonNode json = JsonNode.Parse(await OkAsync("model", "diff", "adder:v1", "adder:v2", "-o", "json"))!;
        JsonNode file = json["files"]!.AsArray().Single(static one => one!["change"]!.GetValue<string>() == "changed"
            && one["variant"]!.GetValue<string>() == "onnx-fp32")!;
        Assert.InRange(file["bytesDifference"]!.GetValue<long>(), 1, 5_000);
        Assert.Equal(3, file["tensors"]!.AsArray().Count);

        string said = await OkAsync("model", "diff", "adder:v1", "adder:v1", "--manifests");
        Assert.Matches(@"(?m)^Fields:\s+none$", said);
        Assert.DoesNotContain("changed", said, StringComparison.Ordinal);
    }

    private Task<string> PushAsync(string tag, string model, params string[] more) =>
        OkAsync(["model", "push", model, "--name", "adder", "--tag", tag, .. more]);

    private async Task<string> OkAsync(params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(arguments);
        Assert.True(result.Exit == ExitCodes.Ok, $"kedge {string.Join(' ', arguments)}: {result.Exit}\n{result.All}");
        return result.Out;
    }

    private string Model(string name, float[] large, (string Name, float Value) small)
    {
        byte[] model = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "adder",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1)],
            Initializers =
                [OnnxTensor.Of(small.Name, [1], [small.Value]), OnnxTensor.Of("large", [large.Length], large)],
            Nodes = [new OnnxNodeSpec("Add", ["x", small.Name], ["y"])],
        });
        string path = Path.Combine(_cli.Home, name);
        File.WriteAllBytes(path, model);
        return path;
    }
}
