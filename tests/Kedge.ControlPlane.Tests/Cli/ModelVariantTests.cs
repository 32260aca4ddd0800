using System.Text.Json.Nodes;
using Kedge.Cli;
using Kedge.Cli.Models;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core.Desired;
using Kedge.Core.Fleet;
using Kedge.Onnx;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>Packages of several variants: pushed, shown, and placed on devices.</summary>
public sealed class ModelVariantTests : IAsyncLifetime, IDisposable
{
    private const string Manifest =
        """
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: adder}
        spec:
          selector: {}
          models: [{name: adder, package: "adder:v1"}]
          endpoint: {port: 8500}

        """;

    private readonly CliRun _cli = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        Kedge.Api.ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_variant_that_differs_is_pushed_with_what_it_may_lose_and_refused_without()
    {
        string[] push =
            ["model", "push", Model("m.onnx", 1), "--name", "adder", "--variant", "int8=" + Model("int8.onnx", 1.01f)];
        CliResult refused = await _cli.RunAsync(push);
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.StartsWith(
            "error KEDGE-CLI-030: int8: 0 of 8 samples agree, 8 must: Sample 0: output 'y': element 0 is ",
            refused.Error,
            StringComparison.Ordinal);
        Assert.Contains("The largest difference of a value is 0.01.", refused.Error, StringComparison.Ordinal);

        string pushed = await OkAsync([.. push, "--tolerance", "int8=absolute:0.02,agreement:0.9"]);
        Assert.Contains("  onnx-fp32: ", pushed, StringComparison.Ordinal);
        Assert.Contains("8 golden samples recorded", pushed, StringComparison.Ordinal);
        Assert.Contains("  int8: 8 of 8 golden samples agree\n", pushed, StringComparison.Ordinal);
        string shown = await OkAsync("model", "show", "adder:latest");
        Assert.Matches(@"int8\s+onnx\s+fp32\s+cpu\s+\d+ B\s+\S+ MiB\s+0.02 \+ 0.1 %, 90 % agree", shown);
        Assert.Matches(@"onnx-fp32\s+onnx\s+fp32\s+cpu\s+\d+ B\s+\S+ MiB\s+as the samples", shown);
        Assert.Matches(@"model.onnx\s+int8\s", shown);
        Assert.Matches(@"golden.json\s+all\s", shown);
        Assert.Matches(@"Provenance:\s+producer=", shown);
    }

    [Fact]
    public async Task Samples_of_the_author_are_run_on_every_variant()
    {
        string golden = _cli.Write("golden.json", """
            {"schema": 1, "samples": [{
              "inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}],
              "outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [2, 3]}]}]}
            """);
        string[] push = ["model", "push", Model("m.onnx", 1), "--name", "adder", "--golden", golden, "--variant"];
        string pushed = await OkAsync([.. push, "twin=" + Model("twin.onnx", 1.000001f)]);
        Assert.Contains("  onnx-fp32: 1 of 1 golden samples agree\n", pushed, StringComparison.Ordinal);
        Assert.Contains("  twin: 1 of 1 golden samples agree\n", pushed, StringComparison.Ordinal);
        CliResult refused = await _cli.RunAsync([.. push, "bad=" + Model("bad.onnx", 5)]);
        Assert.StartsWith("error KEDGE-CLI-030: bad: 0 of 1 samples agree", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variants_that_are_not_one_model_are_refused()
    {
        CliResult refused = await _cli.RunAsync(
            "model", "push", Model("m.onnx", 1), "--name", "adder", "--skip-golden-check", "--variant",
            "other=" + Model("other.onnx", 1, OnnxElementType.Double));
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.Contains(
            "error KEDGE-MODEL-014: onnx-fp32 and other disagree on the input 'x': it is FP32 and FP64.",
            refused.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_measured_here_counts_for_devices_of_this_class_and_explain_says_the_figures()
    {
        string text = await OkAsync(
            "model", "push", Model("m.onnx", 1), "--name", "adder", "--tag", "v1", "--measure", "--variant",
            "wide=" + Model("wide.onnx", 1, filler: 4_000_000), "-o", "json");
        JsonNode pushed = JsonNode.Parse(text)!;
        string hardware = ThisMachine.HardwareClass();
        Assert.All(pushed["variants"]!.AsArray(), variant =>
        {
            JsonNode cost = Assert.Single(variant!["costs"]!.AsArray())!;
            Assert.Equal(hardware, cost["hardware"]!.GetValue<string>());
            Assert.InRange(cost["latencyUs"]!.GetValue<long>(), 1, 10_000_000);
            Assert.InRange(cost["memoryBytes"]!.GetValue<long>(), 40L << 20, 1L << 32);
        });
        string shown = await OkAsync("model", "show", "adder:v1");
        Assert.Matches($@"Measured:\n\s+VARIANT.*\n\s+onnx-fp32\s+{hardware}\s+\d+ us", shown);
    }

    [Fact]
    public async Task Each_device_gets_the_variant_that_is_fastest_on_its_class_and_hears_why()
    {
        Model("fp32.onnx", 1);
        Model("int8.onnx", 1.001f);
        string file = _cli.Write("package.yaml", """
            apiVersion: kedge.dev/v1
            kind: Package
            metadata: {name: adder}
            spec:
              provenance: [source.commit=0123abc]
              variants:
              - {name: fp32, file: fp32.onnx, costs: [
                  {hardware: x64-avx2, latency: 1031us, memory: 60Mi}, {hardware: arm64-dotprod, latency: 9ms}]}
              - {name: int8, file: int8.onnx, tolerance: {absolute: 0.01}, costs: [
                  {hardware: x64-avx2, latency: 1.4ms}, {hardware: arm64-dotprod, latency: 2150us}]}
            """);
        string pushed = await OkAsync("model", "push", "-f", file, "--tag", "v1", "--provenance", "built.by=ci");
        Assert.Contains("  fp32: ", pushed, StringComparison.Ordinal);
        Assert.Contains(
            ", 1031 us and 60.0 MiB on x64-avx2, 9000 us on arm64-dotprod", pushed, StringComparison.Ordinal);
        string shown = await OkAsync("model", "show", "adder:v1");
        Assert.Contains("built.by=ci", shown, StringComparison.Ordinal);
        Assert.Contains("source.commit=0123abc", shown, StringComparison.Ordinal);

        await using TestDevice desk = await ConnectAsync("desk", "x64", "avx2");
        await using TestDevice edge = await ConnectAsync("edge", "arm64", "asimddp");
        await OkAsync("apply", "-f", _cli.Write("adder.yaml", Manifest));
        Assert.Equal("fp32", await VariantOnAsync(desk));
        Assert.Equal("int8", await VariantOnAsync(edge));
        string explained = await OkAsync("explain", "deployment", "adder");
        Assert.Contains(
            "adder: fp32 is the best of 2 variants that fit: it answers in 1031 us on x64-avx2, int8 in 1400 us",
            explained,
            StringComparison.Ordinal);
        Assert.Contains(
            "adder: int8 is the best of 2 variants that fit: it answers in 2150 us on arm64-dotprod, fp32 in 9000 us",
            explained,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variant_that_no_device_can_run_is_packaged_and_explain_says_why_it_is_not_taken()
    {
        string weights = Safetensors("w.safetensors", 64);
        string pushed = await OkAsync(
            "model", "push", Model("m.onnx", 1), "--name", "adder", "--tag", "v1", "--variant", "weights=" + weights);
        Assert.Contains("  weights: not run here\n", pushed, StringComparison.Ordinal);
        await using TestDevice desk = await ConnectAsync("desk", "x64", "avx2");
        await OkAsync("apply", "-f", _cli.Write("adder.yaml", Manifest));
        Assert.Equal("onnx-fp32", await VariantOnAsync(desk));
        Assert.Contains(
            "adder: not weights: the device has no runtime for safetensors, only for onnx",
            await OkAsync("explain", "deployment", "adder"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_beside_a_model_go_along_unless_they_are_a_link_or_missing()
    {
        string path = Path.Combine(_cli.Home, "large.onnx");
        File.WriteAllBytes(path, ExternalAdder.Bytes("w.bin"));
        string weights = Path.Combine(_cli.Home, "w.bin");
        string[] push = ["model", "push", path, "--name", "adder"];
        CliResult missing = await _cli.RunAsync(push);
        Assert.Equal(ExitCodes.Refused, missing.Exit);
        Assert.StartsWith(
            $"error KEDGE-CLI-032: large.onnx needs {weights}, which does not exist\n",
            missing.Error,
            StringComparison.Ordinal);

        string elsewhere = Path.Combine(_cli.Home, "elsewhere");
        File.WriteAllBytes(elsewhere, ExternalAdder.Weights);
        File.CreateSymbolicLink(weights, elsewhere);
        Assert.Contains("which is a link\n", (await _cli.RunAsync(push)).Error, StringComparison.Ordinal);
        File.Delete(weights);
        Directory.CreateDirectory(weights);
        Assert.Contains("which is a folder\n", (await _cli.RunAsync(push)).Error, StringComparison.Ordinal);
        Directory.Delete(weights);
        File.WriteAllBytes(weights, []);
        Assert.Contains("which is empty or no regular", (await _cli.RunAsync(push)).Error, StringComparison.Ordinal);

        File.WriteAllBytes(weights, ExternalAdder.Weights);
        Assert.Contains("8 golden samples recorded", await OkAsync(push), StringComparison.Ordinal);
        Assert.Matches(@"w.bin\s+onnx-fp32\s+16 B", await OkAsync("model", "show", "adder:latest"));

        // What leads out of the folder is not even looked for.
        File.WriteAllBytes(path, ExternalAdder.Bytes("../w.bin"));
        Assert.Contains("'../w.bin'", (await _cli.RunAsync(push)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_beyond_four_gibibytes_is_cut_sent_and_stored()
    {
        const long Bytes = (4L << 30) + (8 << 20);
        string path = Safetensors("big.safetensors", Bytes);
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write))
        {
            file.Seek(-4, SeekOrigin.End);
            file.Write("last"u8);
        }

        string text = await OkAsync("model", "push", path, "--name", "big", "-o", "json");
        JsonNode pushed = JsonNode.Parse(text)!;
        long whole = new FileInfo(path).Length;
        Assert.Equal(whole, pushed["variants"]![0]!["bytes"]!.GetValue<long>());

        // Zeros are one chunk, sent once; the first and the last are others.
        Assert.InRange(pushed["chunksSent"]!.GetValue<int>(), 3, 8);
        Assert.InRange(pushed["bytesSent"]!.GetValue<long>(), 1, 8 * 256 * 1024);
        Assert.Matches(
            @"model.safetensors\s+safetensors-int8\s+4.0 GiB\s+1\d{4}\s", await OkAsync("model", "show", "big:latest"));
    }

    [Fact]
    public async Task Every_mistake_of_a_package_file_has_its_line()
    {
        string file = _cli.Write("package.yaml", """
            apiVersion: kedge.dev/v1
            kind: Package
            metadata: {name: adder, labels: {a: b}}
            spec:
              golden: ""
              provenance: [words]
              variants:
              - {name: UPPER, fil: m.onnx}
              - {file: m.onnx, accelerator: cup, tolerance: {absolute: -1, relative: x, agreement: 120%}}
              - {file: m.onnx, costs: [{hardware: x64, latency: 12}]}
            """);
        CliResult refused = await _cli.RunAsync("model", "push", "-f", file);
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        string[] errors = [.. refused.Error.Split('\n').Where(
            static line => line.StartsWith("error", StringComparison.Ordinal))];
        Assert.Equal(
            [
                $"error KEDGE-SPEC-010: {file}:3: metadata has no field 'labels'",
                $"error KEDGE-SPEC-013: {file}:5: spec.golden: the text is outside its length of 1 to 1024 characters",
                $"error KEDGE-SPEC-012: {file}:6: spec.provenance takes KEY=VALUE, not 'words'",
                $"error KEDGE-SPEC-015: {file}:8: spec.variants[0].name: 'UPPER' is no name",
                $"error KEDGE-SPEC-010: {file}:8: spec.variants[0] has no field 'fil'; did you mean file?",
                $"error KEDGE-SPEC-011: {file}:8: spec.variants[0].file is missing",
                $"error KEDGE-SPEC-014: {file}:9: spec.variants[1].accelerator: 'cup' is not one of cpu, gpu, npu, "
                + "tpu; did you mean cpu?",
                $"error KEDGE-SPEC-017: {file}:9: spec.variants[1].tolerance.absolute: '-1' is not a number as 0.02",
                $"error KEDGE-SPEC-017: {file}:9: spec.variants[1].tolerance.relative: 'x' is not a number as 0.02",
                $"error KEDGE-SPEC-013: {file}:9: spec.variants[1].tolerance.agreement: 120% is outside 0.0001% to "
                + "100%",
                $"error KEDGE-SPEC-012: {file}:10: spec.variants[2].costs[0].latency takes a short time as 50ms, not "
                + "the number 12; write \"12\" in quotes if that is meant",
            ],
            errors);
    }

    [Theory]
    [InlineData("there is nothing to push")]
    [InlineData("--variant cannot be given beside it", "-f", "p.yaml", "--variant", "a=b")]
    [InlineData("'a' is no variant; write NAME=FILE", "m.onnx", "--variant", "a")]
    [InlineData("'A=b' is no variant", "m.onnx", "--variant", "A=b")]
    [InlineData("'a=abs:1' is no tolerance", "m.onnx", "--tolerance", "a=abs:1")]
    [InlineData("'a=absolute:-1' is no tolerance", "m.onnx", "--tolerance", "a=absolute:-1")]
    [InlineData("'a=agreement:2' is no tolerance", "m.onnx", "--tolerance", "a=agreement:2")]
    [InlineData("'a=absolute' is no tolerance", "m.onnx", "--tolerance", "a=absolute")]
    [InlineData("'x' is not KEY=VALUE", "m.onnx", "--provenance", "x")]
    public async Task What_the_command_line_gets_wrong_is_said(string why, params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(["model", "push", .. arguments]);
        Assert.Equal(ExitCodes.Usage, result.Exit);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tolerance_for_a_variant_that_is_not_there_and_measuring_nothing_are_refused()
    {
        string[] push = ["model", "push", Model("m.onnx", 1), "--name", "adder"];
        CliResult unknown = await _cli.RunAsync([.. push, "--tolerance", "onnx-fp23=absolute:1"]);
        Assert.Contains(
            "--tolerance names 'onnx-fp23', which is no variant; did you mean onnx-fp32?",
            unknown.Error,
            StringComparison.Ordinal);
        CliResult nothing = await _cli.RunAsync([.. push, "--skip-golden-check", "--measure"]);
        Assert.Contains("KEDGE-CLI-031: there are no golden samples", nothing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_class_of_this_machine_follows_from_what_the_kernel_tells()
    {
        Assert.Equal(["fpu", "avx2"], ThisMachine.Features(["processor\t: 0", "flags\t\t: fpu avx2", "flags : other"]));
        Assert.Equal(["asimd", "asimddp"], ThisMachine.Features(["Features\t: asimd asimddp"]));
        Assert.Empty(ThisMachine.Features(["isa : rv64"]));
        Assert.True(HardwareClass.IsValid(ThisMachine.HardwareClass()));
    }

    private async Task<string> OkAsync(params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(arguments);
        Assert.True(result.Exit == ExitCodes.Ok, $"kedge {string.Join(' ', arguments)}: {result.Exit}\n{result.All}");
        return result.Out;
    }

    private static async Task<string> VariantOnAsync(TestDevice device)
    {
        DesiredState state = await device.UntilDesiredAsync(static s => s.Workloads.Length == 1);
        return Assert.Single(state.Workloads[0].Models).Variant;
    }

    private async Task<TestDevice> ConnectAsync(string name, string architecture, string feature)
    {
        TestDevice device = await _server.EnrolAsync(name);
        await device.ConnectAsync();
        await device.ReportFactsAsync(architecture, feature);
        return device;
    }

    /// <summary>A file of one tensor of bytes, all zero: it takes no room on the disk.</summary>
    private string Safetensors(string name, long bytes)
    {
        string header = $$"""{"w":{"dtype":"U8","shape":[{{bytes}}],"data_offsets":[0,{{bytes}}] } }""";
        header += new string(' ', 8 - (header.Length % 8));
        string path = Path.Combine(_cli.Home, name);
        using FileStream file = File.Create(path);
        file.Write(BitConverter.GetBytes((long)header.Length));
        file.Write(System.Text.Encoding.UTF8.GetBytes(header));
        file.SetLength(8 + header.Length + bytes);
        return path;
    }

    /// <summary>A model with a dynamic axis that adds a number.</summary>
    private string Model(
        string name, float addend, OnnxElementType type = OnnxElementType.Float, int filler = 0)
    {
        byte[] model = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "adder",
            Inputs = [OnnxValue.Tensor("x", type, -1)],
            Outputs = [OnnxValue.Tensor("y", type, -1)],
            Initializers = type == OnnxElementType.Float
                ? [OnnxTensor.Of("addend", [1], [addend]), OnnxTensor.Of("filler", [filler + 1], new float[filler + 1])]
                : [],
            Nodes = type == OnnxElementType.Float
                ? [new OnnxNodeSpec("Add", ["x", "addend"], ["y"])]
                : [new OnnxNodeSpec("Identity", ["x"], ["y"])],
        });
        string path = Path.Combine(_cli.Home, name);
        File.WriteAllBytes(path, model);
        return path;
    }
}
