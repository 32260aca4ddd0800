using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kedge.Api;
using Kedge.Cli;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Inference.Tests;
using Kedge.Tests.Fleet;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>Packages with a graph: an image in, labels out, from push to import.</summary>
public sealed class ModelGraphTests : IAsyncLifetime, IDisposable
{
    private readonly CliRun _cli = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
        File.WriteAllBytes(Path.Combine(_cli.Home, "colours.onnx"), ColourModels.Classifier);
        File.WriteAllBytes(Path.Combine(_cli.Home, "dense.tflite"), TinyTfLite.Dense);
        _cli.Write("labels.txt", ColourModels.Labels);
        _cli.Write("graph.yaml", ColourModels.Graph);
        _cli.Write("ensemble.yaml", ColourModels.Ensemble);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_graph_is_packaged_with_what_it_names_and_recorded_from_image_to_label()
    {
        string pushed = await OkAsync(Push("graph.yaml", "v1", "--labels", InHome("labels.txt")));
        Assert.Contains("  graph of 1 model, image in, label and scores out\n", pushed, StringComparison.Ordinal);
        Assert.Contains("8 golden samples recorded from ONNX Runtime here", pushed, StringComparison.Ordinal);
        string shown = await OkAsync("model", "show", "colours:v1");
        Assert.Matches(@"(?m)^Inputs:\s+image BYTES \[1\]$", shown);
        Assert.Matches(@"(?m)^Outputs:\s+label BYTES \[1, 1\]; scores FP32 \[1, 3\]$", shown);
        Assert.Matches(@"(?m)^Graph:\s+graph.json, of 1 model$", shown);
        Assert.Matches(@"(?m)^Labels:\s+labels.txt$", shown);
        Assert.Matches(@"graph.json\s+onnx-fp32\s", shown);

        // The same files give the same samples and chunks.
        string again = await OkAsync([.. Push("graph.yaml", "again", "--labels", InHome("labels.txt")), "-o", "json"]);
        JsonNode node = JsonNode.Parse(again)!;
        Assert.Equal(0, node["chunksSent"]!.GetValue<int>());
        Assert.True(node["graph"]!["decodesImages"]!.GetValue<bool>());
    }

    [Fact]
    public async Task An_ensemble_of_two_formats_keeps_its_parts_from_push_to_import_and_diff()
    {
        string pushed = await OkAsync(Push("ensemble.yaml", "v1"));
        Assert.Contains("  graph of 2 models (model, second), image in, ", pushed, StringComparison.Ordinal);
        Assert.Contains("8 golden samples recorded", pushed, StringComparison.Ordinal);
        string envelope = await OkAsync("model", "show", "colours:v1", "--envelope");
        string place = $"oci-layout:{Path.Combine(_cli.Home, "layout")}:v1";
        await OkAsync("model", "export", "colours:v1", place);

        await OkAsync(Push("graph.yaml", "v2"));
        string said = await OkAsync("model", "diff", "colours:v1", "colours:v2");
        Assert.Matches(@"(?m)^  graph\s+of 2 models \(model, second\)\s+of 1 model$", said);
        Assert.Matches(@"(?m)^  output mixed\s+FP32 \[1, 3\]\s+-$", said);
        Assert.Matches(@"(?m)^  dense.tflite\s+onnx-fp32\s+removed\s", said);
        Assert.Matches(@"(?m)^  graph.json\s+onnx-fp32\s+changed\s", said);

        string same = await OkAsync("model", "import", place, "--tag", "back");
        Assert.Contains("signed as it was", same, StringComparison.Ordinal);
        Assert.Equal(envelope, await OkAsync("model", "show", "colours:back", "--envelope"));

        // Signed anew it is made of its files again: the second model is a member still, not a variant.
        await OkAsync("model", "import", place, "--name", "mine", "--sign-anew", "--tag", "v1");
        string shown = await OkAsync("model", "show", "mine:v1");
        Assert.Matches(@"(?m)^Graph:\s+graph.json, of 2 models \(model, second\)$", shown);
        Assert.Matches(@"dense.tflite\s+onnx-fp32\s", shown);
    }

    [Fact]
    public async Task Golden_samples_of_the_author_are_run_through_the_whole_graph()
    {
        string image = Convert.ToBase64String(File.ReadAllBytes(Fixture("rgb.png")));
        string Golden(string label) => _cli.Write("golden.json", $$"""
            {"schema": 1, "samples": [{
              "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["{{image}}"]}],
              "outputs": [{"name": "label", "datatype": "BYTES", "shape": [1, 1], "data": ["{{label}}"]}]}]}
            """);
        string[] labels = ["red", "green", "blue"];
        List<string> agreed = [];
        foreach (string label in labels)
        {
            CliResult result = await _cli.RunAsync(Push("graph.yaml", "latest", "--golden", Golden(label)));
            if (result.Exit == ExitCodes.Ok)
            {
                Assert.Contains("1 of 1 golden samples agree", result.Out, StringComparison.Ordinal);
                agreed.Add(label);
            }
            else
            {
                Assert.StartsWith(
                    "error KEDGE-CLI-014: 0 of 1 samples agree, 1 must: Sample 0: output 'label': element 0 is ",
                    result.Error,
                    StringComparison.Ordinal);
            }
        }

        Assert.Single(agreed);
    }

    [Fact]
    public async Task Every_mistake_is_told_with_its_file_and_step_and_nothing_is_sent()
    {
        await RefusedAsync(
            ColourModels.Graph.Replace("width: 16", "wide: 16", StringComparison.Ordinal),
            "error KEDGE-INFER-051: graph.yaml: steps[1].width: ",
            "error KEDGE-INFER-051: graph.yaml: steps[1].wide: ");
        await RefusedAsync(
            ColourModels.Graph.Replace("k: 1", "k: 7", StringComparison.Ordinal),
            "error KEDGE-INFER-051: graph.yaml: steps[5].k: ");
        await RefusedAsync("schema: [1", "error KEDGE-SPEC-");
        await RefusedAsync("- one\n", "error KEDGE-INFER-050: ");
        await RefusedAsync(
            ColourModels.Graph.Replace("labels.txt", "names.txt", StringComparison.Ordinal),
            $"error KEDGE-CLI-032: graph.yaml needs {InHome("names.txt")}, which does not exist");
        await RefusedAsync(
            ColourModels.Ensemble.Replace("dense.tflite", "dense.onnx", StringComparison.Ordinal),
            $"error KEDGE-CLI-032: graph.json needs {InHome("dense.onnx")}, which does not exist");
        File.Copy(InHome("dense.tflite"), InHome("dense.onnx"));
        await RefusedAsync(
            ColourModels.Ensemble.Replace("dense.tflite", "dense.onnx", StringComparison.Ordinal),
            "error KEDGE-MODEL-018: graph.yaml: models: dense.onnx is tflite, and its name says otherwise.");
        File.WriteAllText(InHome("dense.onnx"), "no model");
        await RefusedAsync(
            ColourModels.Ensemble.Replace("dense.tflite", "dense.onnx", StringComparison.Ordinal),
            "error KEDGE-CONTENT-001: ");
        await RefusedAsync(
            ColourModels.Ensemble.Replace(", model: second", "", StringComparison.Ordinal), "error KEDGE-INFER-051: ");
        File.WriteAllBytes(InHome("labels.txt"), [0xFF, 0xFE]);
        await RefusedAsync(ColourModels.Graph, "error KEDGE-INFER-052: graph.yaml: labels: labels.txt: ");
        CliResult labels = await _cli.RunAsync(Push("graph.yaml", "v1", "--labels", InHome("labels.txt")));
        Assert.StartsWith("error KEDGE-INFER-052: ", labels.Error, StringComparison.Ordinal);
        Assert.Empty((await _server.Client.ListPackagesAsync("", _server.Ct)).Items);
    }

    [Fact]
    public async Task A_package_file_names_graph_and_labels_and_labels_go_without_a_graph()
    {
        string file = _cli.Write("package.yaml", """
            apiVersion: kedge.dev/v1
            kind: Package
            metadata: {name: colours}
            spec:
              graph: graph.yaml
              labels: labels.txt
              variants: [{file: colours.onnx}]
            """);
        await OkAsync("model", "push", "-f", file, "--tag", "v1");
        Assert.Matches(@"(?m)^Graph:\s+graph.json", await OkAsync("model", "show", "colours:v1"));
        await OkAsync(
            "model", "push", InHome("colours.onnx"), "--tag", "bare", "--labels", InHome("labels.txt"));
        string shown = await OkAsync("model", "show", "colours:bare");
        Assert.Matches(@"(?m)^Labels:\s+labels.txt$", shown);
        Assert.DoesNotContain("Graph:", shown, StringComparison.Ordinal);

        // Nothing in the files says which of them holds the labels: signed anew they are still the labels.
        string place = $"oci-layout:{InHome("layout")}:bare";
        await OkAsync("model", "export", "colours:bare", place);
        await OkAsync("model", "import", place, "--name", "mine", "--sign-anew", "--tag", "v1");
        shown = await OkAsync("model", "show", "mine:v1");
        Assert.Matches(@"(?m)^Labels:\s+labels.txt$", shown);
        Assert.Single(Regex.Matches(shown, @"labels.txt\s+onnx-fp32\s"));
    }

    [Fact]
    public async Task A_device_that_lacks_what_the_graph_needs_is_passed_over_and_describe_says_why()
    {
        await OkAsync(Push("ensemble.yaml", "v1"));
        ImmutableArray<RuntimeFacts> both =
            [.. TestDevice.Machine.Runtimes, new RuntimeFacts(ModelFormat.TfLite, "2.9.0")];
        DeviceFacts whole = TestDevice.Machine with { Runtimes = both, ImageDecoding = DeviceFacts.ImagesOn };
        await using TestDevice fits = await ReportingAsync("a-fits", whole);
        await using TestDevice old = await ReportingAsync("b-old", whole with { ImageDecoding = "" });
        await using TestDevice blind =
            await ReportingAsync("c-blind", whole with { ImageDecoding = DeviceFacts.ImagesOff });
        await using TestDevice bare =
            await ReportingAsync("d-bare", whole with { Runtimes = TestDevice.Machine.Runtimes });
        string file = _cli.Write("deployment.yaml", """
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: colours}
            spec:
              selector: {matchLabels: {line: press}}
              models: [{name: colours, package: "colours:v1"}]
              endpoint: {port: 8500}
            """);
        await OkAsync("apply", "-f", file);
        await fits.UntilDesiredAsync(static state => state.Workloads.Length == 1);
        await old.UntilDesiredAsync(static state => state.Workloads.Length == 1);
        string described = await OkAsync("describe", "deployment", "colours");
        Assert.Matches(
            @"(?m)^Not on devices:\n\s+DEVICE\s+VERDICT\s+CODE\s+WHY\n"
            + @"\s+c-blind\s+Rejected\s+KEDGE-PLACE-006\s.* its graph decodes images, and the device has no "
            + @"libraries for that\n\s+d-bare\s+Rejected\s+KEDGE-PLACE-006\s.* its graph runs dense.tflite, and the "
            + @"device has no runtime for tflite\n",
            described);
        Assert.DoesNotContain("a-fits  Rejected", described, StringComparison.Ordinal);
        Assert.Empty((await _server.Client.GetDeviceAsync("c-blind", _server.Ct)).Workloads);
    }

    [Fact]
    public async Task Labels_of_several_variants_are_one_file_when_they_are_signed_anew()
    {
        string file = _cli.Write("package.yaml", """
            apiVersion: kedge.dev/v1
            kind: Package
            metadata: {name: colours}
            spec:
              labels: labels.txt
              variants: [{name: one, file: colours.onnx}, {name: two, file: colours.onnx}]
            """);
        await OkAsync("model", "push", "-f", file, "--tag", "v1");
        string place = $"oci-layout:{InHome("layout")}:v1";
        await OkAsync("model", "export", "colours:v1", place);
        await OkAsync("model", "import", place, "--name", "mine", "--sign-anew", "--tag", "v1");
        string shown = await OkAsync("model", "show", "mine:v1");
        Assert.Matches(@"(?m)^Labels:\s+labels.txt$", shown);
        Assert.Single(Regex.Matches(shown, @"labels.txt\s+one\s"));
        Assert.Single(Regex.Matches(shown, @"labels.txt\s+two\s"));
    }

    private async Task<TestDevice> ReportingAsync(string name, DeviceFacts facts)
    {
        TestDevice device = await _server.EnrolAsync(name, ("line", "press"));
        await device.ConnectAsync();
        await device.ReportAsync(device.Next() with { Facts = facts });
        return device;
    }

    private async Task RefusedAsync(string graph, params string[] errors)
    {
        _cli.Write("graph.yaml", graph);
        CliResult refused = await _cli.RunAsync(Push("graph.yaml", "v1"));
        Assert.NotEqual(ExitCodes.Ok, refused.Exit);
        Assert.All(errors, error => Assert.Contains(error, refused.Error, StringComparison.Ordinal));
    }

    private string[] Push(string graph, string tag, params string[] more) =>
        ["model", "push", InHome("colours.onnx"), "--graph", InHome(graph), "--tag", tag, .. more];

    private string InHome(string name) => Path.Combine(_cli.Home, name);

    private static string Fixture(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kedge.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "tests", "fixtures", "images", name); // Tests run below the checkout.
    }

    private async Task<string> OkAsync(params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(arguments);
        Assert.True(result.Exit == ExitCodes.Ok, result.All);
        return result.Out;
    }
}
