using System.Text.Json.Nodes;
using Kedge.Cli;
using Kedge.Cli.Models;
using Kedge.Content.Gate;
using Kedge.Core.Errors;
using Kedge.Onnx;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary><c>kedge model optimize</c>, which needs neither server nor context.</summary>
public sealed class ModelOptimizeTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Variants_are_made_compared_and_written_ready_to_be_pushed()
    {
        string model = Write("net.onnx", Network(weightScale: 0.1));
        string folder = Path.Combine(_cli.Home, "variants");
        CliResult result = await _cli.RunAsync(
            "model", "optimize", model, "--out", folder, "--runs", "5", "--max-loss", "rel=10%");
        Assert.Equal("", result.Error);
        Assert.Equal(ExitCodes.Ok, result.Exit);
        string[] lines = result.Out.Split('\n');
        Assert.Equal(
            "VARIANT SIZE LOAD MEDIAN SPEED MAX ERROR MEAN ERROR TOP-1 ACCURACY VERDICT",
            string.Join(' ', lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.StartsWith("original", lines[1], StringComparison.Ordinal);
        Assert.Contains("32 samples recorded from the model here", result.Out, StringComparison.Ordinal);
        Assert.Contains("int8: weights 1 computed in 8 bits", result.Out, StringComparison.Ordinal);
        Assert.Contains($"kedge model push {model} --variant graph=", result.Out, StringComparison.Ordinal);
        Assert.Contains(" --tolerance int8=absolute:0.", result.Out, StringComparison.Ordinal);
        Assert.Equal(
            ["net.fp16.onnx", "net.graph.onnx", "net.int8.onnx"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        GateOutcome.Accepted[] accepted =
        [
            .. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Prepend(model).Select(path =>
                Assert.IsType<GateOutcome.Accepted>(ModelGate.Inspect(path, File.ReadAllBytes(path)))),
        ];
        Assert.Equal(["fp32", "fp16", "fp32", "int8"], accepted.Select(one => one.Precision));

        // One package takes variants only that take and give the same tensors, to the last open axis.
        Assert.All(accepted, one => Assert.Equal([-1L, 128], one.Inputs.Single().Shape.AsEnumerable()));
        Assert.All(accepted, one => Assert.Equal([-1L, 160], one.Outputs.Single().Shape.AsEnumerable()));
    }

    [Fact]
    public async Task A_variant_that_loses_more_than_allowed_is_refused_and_the_others_are_written()
    {
        string model = Write("net.onnx", Network(weightScale: 0.1));
        CliResult result = await _cli.RunAsync(
            "model", "optimize", model, "--to", "fp16,int8", "--runs", "1", "--max-loss", "abs=0.001", "-o", "json");
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.StartsWith("error KEDGE-CLI-050: int8: an output is off by", result.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_cli.Home, "net.fp16.onnx")));
        Assert.False(File.Exists(Path.Combine(_cli.Home, "net.int8.onnx")));
        JsonArray variants = JsonNode.Parse(result.Out)!["variants"]!.AsArray();
        Assert.Equal(["original", "fp16", "int8"], variants.Select(one => one!["name"]!.GetValue<string>()));
        Assert.Equal("", variants[1]!["refused"]!.GetValue<string>());
        Assert.Contains("are allowed", variants[2]!["refused"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(variants[1]!["bytes"]!.GetValue<long>() < variants[0]!["bytes"]!.GetValue<long>());
        Assert.True(variants[2]!["tolerance"]!["absolute"]!.GetValue<double>() > 0.001);
        Assert.InRange(variants[1]!["latencyUs"]!.GetValue<long>(), 0, 60_000_000);
    }

    [Fact]
    public async Task Golden_samples_that_the_model_itself_does_not_give_end_the_command()
    {
        string model = Write("net.onnx", Network(weightScale: 0.1));
        string values = string.Join(',', Enumerable.Repeat("0.5", 128));
        string golden = _cli.Write(
            "golden.json",
            $$"""
            {"schema": 1, "samples": [{
              "inputs": [{"name": "x", "shape": [1, 128], "datatype": "FP32", "data": [{{values}}]}],
              "outputs": [{"name": "y", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}]}
            """);
        CliResult result = await _cli.RunAsync("model", "optimize", model, "--golden", golden);
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.StartsWith("error KEDGE-CLI-014: 0 of 1 samples agree", result.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_cli.Home, "*.onnx"));
    }

    [Fact]
    public async Task A_variant_that_cannot_be_made_says_why_and_the_others_are_written()
    {
        byte[] small = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "small",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 4)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 4)],
            Nodes = [new OnnxNodeSpec("Relu", ["x"], ["y"])],
        });
        string model = Write("small.onnx", small);
        CliResult result = await _cli.RunAsync("model", "optimize", model, "--runs", "1");
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.Contains("error KEDGE-ONNX-017: fp16: No weight", result.Error, StringComparison.Ordinal);
        Assert.Contains("error KEDGE-ONNX-017: int8: No weight", result.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_cli.Home, "small.graph.onnx")));
    }

    [Fact]
    public async Task A_model_that_the_runtime_does_not_take_has_no_variants()
    {
        byte[] broken = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "broken",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 4)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 4)],
            Nodes = [new OnnxNodeSpec("NoSuchOperator", ["x"], ["y"])],
        });
        Finding? finding = new VariantMaker(broken).Make(VariantKind.Graph, out ReadOnlyMemory<byte> file, out _);
        Assert.Equal("KEDGE-CLI-051", finding?.Code);
        Assert.True(file.IsEmpty);
        CliResult result = await _cli.RunAsync("model", "optimize", Write("broken.onnx", broken));
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.StartsWith("error KEDGE-CLI-015", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--to", "fp8")]
    [InlineData("--max-loss", "much")]
    [InlineData("--runs", "0")]
    [InlineData("--threads", "257")]
    public async Task What_makes_no_sense_is_refused_before_anything_is_read(string option, string value)
    {
        CliResult result = await _cli.RunAsync("model", "optimize", "absent.onnx", option, value);
        Assert.Equal(ExitCodes.Usage, result.Exit);
        Assert.StartsWith("error KEDGE-CLI-001: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_no_models_never_reach_the_runtime()
    {
        string pickle = Write("model.onnx", [0x80, 4, 0x95, 0, 0]);
        CliResult result = await _cli.RunAsync("model", "optimize", pickle);
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.StartsWith("error KEDGE-CONTENT-002", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_of_another_format_are_named_as_such()
    {
        // Safetensors: the length of the header, the header with one tensor, its data.
        byte[] header = [.. """{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"""u8];
        byte[] length = [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0];
        string weights = Write("model.safetensors", [.. length, .. header, 0, 0, 0, 0]);
        CliResult result = await _cli.RunAsync("model", "optimize", weights);
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.StartsWith("error KEDGE-CLI-052", result.Error, StringComparison.Ordinal);
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_cli.Home, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>y = relu(x W), x of [-1, 128], y of [-1, 160]; an operation without effect stands before it.</summary>
    private static byte[] Network(double weightScale)
    {
        Random random = new(1);
        float[] weights = [.. Enumerable.Range(0, 128 * 160).Select(_ =>
            (float)((random.NextDouble() - 0.5) * weightScale))];
        return OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "net",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 128)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 160)],
            Initializers = [OnnxTensor.Of("W", [128, 160], weights)],
            Nodes =
            [
                new OnnxNodeSpec("Identity", ["x"], ["same"]),
                new OnnxNodeSpec("MatMul", ["same", "W"], ["product"]),
                new OnnxNodeSpec("Relu", ["product"], ["y"]),
            ],
        });
    }
}
