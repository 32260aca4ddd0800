using System.Text.Json;
using Kedge.Inference.Control;
using Kedge.Inference.Tests.Serve;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>A real kedge-serve whose model has a graph around it.</summary>
public sealed class GraphProcessTests
{
    private const string Graph = """
        {"schema": 1, "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1]}],
         "steps": [
          {"name": "decode", "op": "decodeImage", "inputs": ["image"], "outputs": ["photo"], "colour": "grey"},
          {"name": "resize", "op": "resize", "inputs": ["photo"], "outputs": ["small"], "width": 4, "height": 4},
          {"name": "flat", "op": "reshape", "inputs": ["small"], "outputs": ["row"], "shape": [1, 16]},
          {"name": "cast", "op": "cast", "inputs": ["row"], "outputs": ["numbers"], "to": "INT32"},
          {"name": "double", "op": "model", "inputs": ["numbers", "numbers"], "outputs": ["sum", "difference"]}],
         "outputs": ["numbers", "sum", "difference"]}
        """;

    [Fact]
    public void It_answers_an_image_with_what_the_graph_makes_and_refuses_what_is_none()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("graph.json"), Graph);
        using ServeProcess process = new("1", change: config => config.Models[0].Graph = folder.File("graph.json"));
        using RawHttp client = process.WaitFor(ServeStates.Ready).Connect();
        Assert.Contains("\"image\"", client.Ask("GET", "/v2/models/tiny").Body, StringComparison.Ordinal);
        (int status, string body) = client.Ask(
            "POST", "/v2/models/tiny/infer", Body(Convert.ToBase64String(ImageTests.Read("grey.png"))));
        Assert.True(status == 200, body);
        using JsonDocument answer = JsonDocument.Parse(body);
        int[][] outputs = [.. answer.RootElement.GetProperty("outputs").EnumerateArray().Select(static output =>
            output.GetProperty("data").EnumerateArray().Select(static one => one.GetInt32()).ToArray())];
        Assert.Equal(16, outputs[0].Distinct().Count());
        Assert.Equal(outputs[0].Select(static one => one * 2), outputs[1]);
        Assert.All(outputs[2], static one => Assert.Equal(0, one));

        (status, body) = client.Ask("POST", "/v2/models/tiny/infer", Body("no image"));
        Assert.Contains("KEDGE-INFER-054", body, StringComparison.Ordinal);
        Assert.InRange(status, 400, 599);
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"parameters": {"unload_dependents": false}}""")]
    [InlineData("""{"parameters": {"unload_dependents": true}}""")]
    public void Its_members_leave_and_come_back_with_it(string body)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("graph.json"), Graph);
        using ServeProcess process = new("1", change: config => config.Models[0].Graph = folder.File("graph.json"));
        using RawHttp client = process.WaitFor(ServeStates.Ready).Connect();
        string image = Body(Convert.ToBase64String(ImageTests.Read("grey.png")));
        Assert.Equal(200, client.Ask("POST", "/v2/repository/models/tiny/unload", body).Status);
        Assert.Contains("UNAVAILABLE", client.Ask("POST", "/v2/repository/index").Body, StringComparison.Ordinal);
        (int status, string refusal) = client.Ask("POST", "/v2/models/tiny/infer", image);
        Assert.Equal(404, status);
        Assert.Contains("KEDGE-SERVE-020", refusal, StringComparison.Ordinal);
        Assert.Equal(404, client.Ask("GET", "/v2/models/double").Status); // No name of its own, before or after.
        Assert.Equal(200, client.Ask("POST", "/v2/repository/models/tiny/load").Status);
        Assert.Equal(200, client.Ask("POST", "/v2/models/tiny/infer", image).Status);
    }

    [Fact]
    public void Models_of_both_formats_run_in_one_graph_and_classes_have_the_labels_of_the_package()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("dense.tflite"), TinyTfLite.Dense);
        File.WriteAllText(folder.File("names.txt"), "low\nmiddle\nhigh\n");
        File.WriteAllText(folder.File("graph.json"), """
            {"schema": 1, "inputs": [{"name": "numbers", "datatype": "INT32", "shape": [1, 16]}],
             "models": [{"name": "dense", "file": "dense.tflite"}],
             "steps": [
              {"name": "double", "op": "model", "inputs": ["numbers", "numbers"], "outputs": ["sum", "difference"]},
              {"name": "two", "op": "gather", "inputs": ["sum"], "outputs": ["pair"], "axis": 1, "indices": [0, 1]},
              {"name": "cast", "op": "cast", "inputs": ["pair"], "outputs": ["x"], "to": "FP32"},
              {"name": "mix", "op": "model", "inputs": ["x"], "outputs": ["y"], "model": "dense"}],
             "outputs": ["y"]}
            """);
        using ServeProcess process = new("1", change: config =>
        {
            config.Models[0].Graph = folder.File("graph.json");
            config.Models[0].Labels = folder.File("names.txt");
        });
        using RawHttp client = process.WaitFor(ServeStates.Ready).Connect();
        string numbers = string.Join(',', Enumerable.Range(1, 16));

        // 2 and 4 in: 2 + 8 + 10, 6 + 16 + 20, 10 + 24 + 30 out.
        (int status, string body) = client.Ask("POST", "/v2/models/tiny/infer", $$$"""
            {"inputs": [{"name": "numbers", "shape": [1, 16], "datatype": "INT32", "data": [{{{numbers}}}]}],
             "outputs": [{"name": "y", "parameters": {"classification": 2}}]}
            """);
        Assert.True(status == 200, body);
        Assert.Contains("[\"64:2:high\",\"42:1:middle\"]", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_that_are_none_end_the_start()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("names.txt"), [0xFF, 0xFE]);
        using ServeProcess process = new("1", change: config => config.Models[0].Labels = folder.File("names.txt"));
        string error = process.WaitFor(ServeStates.Failed).Ask(ControlOps.Status).Error;
        Assert.Contains("KEDGE-SERVE-041", error, StringComparison.Ordinal);
        Assert.Contains("KEDGE-INFER-052", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_that_does_not_fit_its_model_ends_the_start_with_every_finding()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(
            folder.File("graph.json"),
            Graph.Replace("\"INT32\"", "\"FP32\"", StringComparison.Ordinal)
                .Replace("\"colour\"", "\"color\"", StringComparison.Ordinal));
        using ServeProcess process = new("1", change: config => config.Models[0].Graph = folder.File("graph.json"));
        string error = process.WaitFor(ServeStates.Failed).Ask(ControlOps.Status).Error;
        Assert.Contains("KEDGE-SERVE-041", error, StringComparison.Ordinal);
        Assert.Contains("steps[0].color", error, StringComparison.Ordinal);
    }

    private static string Body(string image) =>
        $$"""{"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["{{image}}"]}]}""";
}
