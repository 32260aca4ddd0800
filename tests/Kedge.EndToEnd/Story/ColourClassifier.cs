using System.Text;
using System.Text.Json;
using Kedge.Inference.Tests;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// A graph from an image to a label, with a model of each format: what is pushed, what is asked, what comes back.
/// </summary>
internal static class ColourClassifier
{
    /// <summary>Of the images that are asked, beside <c>tests/fixtures/images</c>.</summary>
    public static readonly string[] Images = ["rgb.jpg", "rgb.png"];

    /// <summary>Pushes what <see cref="WriteAsync"/> wrote; a tag follows.</summary>
    public static readonly string[] Push =
        ["model", "push", "classifier.onnx", "--graph", "graph.yaml", "--labels", "labels.txt"];

    /// <summary>Writes all files of the package where commands are run.</summary>
    public static async Task WriteAsync(string folder)
    {
        foreach ((string name, byte[] bytes) in new[]
        {
            ("classifier.onnx", ColourModels.Classifier), ("dense.tflite", TinyTfLite.Dense),
            ("labels.txt", Encoding.UTF8.GetBytes(ColourModels.Labels)),
            ("graph.yaml", Encoding.UTF8.GetBytes(ColourModels.Ensemble)),
        })
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, name), bytes);
        }
    }

    /// <summary>One of the fixtures, as text.</summary>
    public static async Task<string> ImageAsync(Programs programs, string name) => Convert.ToBase64String(
        await File.ReadAllBytesAsync(Path.Combine(programs.Root, "tests", "fixtures", "images", name)));

    /// <summary>A request with an image, and more members of JSON.</summary>
    public static string Request(string image, string more = "") =>
        $$"""{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["{{image}}"]}]{{more}}}""";

    /// <summary>What an answer has, checked: the label is that of the best score.</summary>
    public static (string Label, double[] Scores, double[] Mixed) Outputs(string answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        JsonElement[] data = [.. document.RootElement.GetProperty("outputs").EnumerateArray()
            .Select(static output => output.GetProperty("data"))];
        string label = data[0][0].GetString() ?? "";
        double[] scores = [.. data[1].EnumerateArray().Select(static one => one.GetDouble())];
        double[] mixed = [.. data[2].EnumerateArray().Select(static one => one.GetDouble())];
        int best = Array.IndexOf(scores, scores.Max());
        Assert.Equal(ColourModels.Labels.Split('\n')[best], label);
        Assert.InRange(scores[best], 0.01, 1);

        // The second model, of the other format, was given the first two scores.
        double[] expected =
        [
            scores[0] + (2 * scores[1]) + 10, (3 * scores[0]) + (4 * scores[1]) + 20,
            (5 * scores[0]) + (6 * scores[1]) + 30,
        ];
        Assert.All(expected.Zip(mixed), static pair => Assert.Equal(pair.First, pair.Second, 4));
        return (label, scores, mixed);
    }
}
