using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Kedge.Inference.Tests;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// Images in and labels out, and a model in TensorFlow Lite, with real programs in the real sandbox: pushed, applied,
/// judged by golden samples on the device, asked.
/// </summary>
public sealed class GraphTests : FleetTest
{
    private const int Port = 8513;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    protected override Task StartAsync() => StartDevicesAsync(1);

    [Fact]
    public async Task A_jpeg_and_a_png_that_are_sent_to_the_device_come_back_as_labels()
    {
        await ColourClassifier.WriteAsync(Fleet.Folder);
        CommandResult pushed = await Fleet.KedgeAsync([.. ColourClassifier.Push, "--tag", "v1"]);
        pushed.MustSucceed();
        Assert.Contains("8 golden samples recorded", pushed.Output, StringComparison.Ordinal);
        await ApplyAsync("classifier", "v1");
        await Fleet.ServingAsync("classifier", "classifier:v1", 1, _patience);

        using InferClient client = new(Fleet.Devices[0].EndPoint(Port), "/v2/models/classifier/infer");
        foreach (string name in ColourClassifier.Images)
        {
            string image = await ImageAsync(name);
            (string label, double[] scores, _) = ColourClassifier.Outputs(
                await AskAsync(client, ColourClassifier.Request(image)));

            // Triton's classification has the labels of the package.
            const string Classes = ",\"outputs\":[{\"name\":\"scores\",\"parameters\":{\"classification\":1}}]";
            string classes = await AskAsync(client, ColourClassifier.Request(image, Classes));
            int best = Array.IndexOf(scores, scores.Max());
            Assert.EndsWith(
                string.Create(CultureInfo.InvariantCulture, $":{best}:{label}\"]}}]}}"), classes,
                StringComparison.Ordinal);
        }

        (int status, string body) = await client.PostAsync(
            Encoding.UTF8.GetBytes(ColourClassifier.Request("no image")), CancellationToken.None);
        Assert.Equal(400, status);
        Assert.Contains("KEDGE-INFER-054", body, StringComparison.Ordinal);

        // Samples of an author who expects another label: the device runs them through the graph and keeps what it has.
        string photo = await ImageAsync("rgb.png");
        await WriteAsync("golden.json", Encoding.UTF8.GetBytes($$"""
            {"schema": 1, "samples": [{
              "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["{{photo}}"]}],
              "outputs": [{"name": "label", "datatype": "BYTES", "shape": [1, 1], "data": ["yellow"]}]}]}
            """));
        (await Fleet.KedgeAsync(
            [.. ColourClassifier.Push, "--tag", "v2", "--golden", "golden.json", "--skip-golden-check"]))
            .MustSucceed();
        await ApplyAsync("classifier", "v2");
        await Until.TrueAsync(
            async () => (await Fleet.DeviceAsync("edge-01")).Workloads[0].Problem?.Message
                .Contains("output 'label': element 0 is", StringComparison.Ordinal) == true,
            _patience,
            () => Fleet.DescribeAsync());
        Assert.Equal(200, (await client.PostAsync(
            Encoding.UTF8.GetBytes(ColourClassifier.Request(photo)), CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_model_in_tensorflow_lite_is_pushed_applied_and_answers_from_the_sandbox()
    {
        await WriteAsync("dense.tflite", TinyTfLite.Dense);
        (await Fleet.KedgeAsync(["model", "push", "dense.tflite", "--tag", "v1"])).MustSucceed();
        await ApplyAsync("dense", "v1");
        await Fleet.ServingAsync("dense", "dense:v1", 1, _patience);
        using InferClient client = new(Fleet.Devices[0].EndPoint(Port), "/v2/models/dense/infer");
        string answer = await AskAsync(
            client, """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""");
        Assert.Contains("\"data\":[15,31,47]", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_that_lacks_a_library_is_passed_over_and_the_server_says_which()
    {
        LocalDevice blind = await Fleet.EnrolAsync("edge-02", ["line=trial"]);
        blind.LacksImaging = true;
        blind.Start();
        LocalDevice bare = await Fleet.EnrolAsync("edge-03", ["line=trial"]);
        bare.LacksTfLite = true;
        bare.Start();
        await ColourClassifier.WriteAsync(Fleet.Folder);
        (await Fleet.KedgeAsync([.. ColourClassifier.Push, "--tag", "v1"])).MustSucceed();
        await ApplyAsync("classifier", "v1");
        await Fleet.ServingAsync("classifier", "classifier:v1", 1, _patience);
        await Until.TrueAsync(
            async () =>
            {
                const string Refused = @"Rejected\s+KEDGE-PLACE-006\s.* its graph";
                string described = (await Fleet.KedgeAsync(["describe", "deployment", "classifier"])).Output;
                return Regex.IsMatch(described, $@"edge-02\s+{Refused} decodes images, ")
                    && Regex.IsMatch(described, $@"edge-03\s+{Refused} runs dense.tflite, ");
            },
            _patience,
            () => Fleet.DescribeAsync());
        Assert.Equal(
            ["edge-01"], (await Fleet.EndpointsAsync("classifier")).Select(static endpoint => endpoint.Device));
    }

    private static async Task<string> AskAsync(InferClient client, string request)
    {
        (int status, string body) = await client.PostAsync(Encoding.UTF8.GetBytes(request), CancellationToken.None);
        Assert.True(status == 200, body);
        return body;
    }

    private Task<string> ImageAsync(string name) => ColourClassifier.ImageAsync(Fleet.Programs, name);

    /// <summary>Writes a file where commands are run.</summary>
    private Task WriteAsync(string name, byte[] bytes) =>
        File.WriteAllBytesAsync(Path.Combine(Fleet.Folder, name), bytes);

    private async Task ApplyAsync(string name, string tag) =>
        (await DeployAsync(name, "trial", $$$"""
            models:
            - {name: {{{name}}}, package: "{{{name}}}:{{{tag}}}"}
            endpoint: {port: {{{Port}}}, expose: loopback}
            resources: {requests: {memory: 32Mi}, limits: {memory: 256Mi, pids: 64}}
            strategy: {type: All}
            """)).MustSucceed();
}
