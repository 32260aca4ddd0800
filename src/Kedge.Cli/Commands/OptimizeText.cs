using System.Globalization;
using System.Text.Json.Nodes;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Inference.Golden;

namespace Kedge.Cli.Commands;

/// <summary>Shows a model and its variants side by side.</summary>
internal sealed class OptimizeText(
    string model, List<VariantResult> results, GoldenSamples? samples, string goldenPath)
{
    private bool IsAuthors => goldenPath.Length > 0;

    public void Print(Printer print, OutputFormat format)
    {
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            print.Raw(NodeText.Write(Node(), format));
            return;
        }

        TextTable table = new(
            "VARIANT", "SIZE", "LOAD", "MEDIAN", "SPEED", "MAX ERROR", "MEAN ERROR", "TOP-1", "ACCURACY", "VERDICT");
        foreach (VariantResult result in results)
        {
            table.Add(Row(result));
        }

        print.Table(table, "");
        int count = samples?.Samples.Length ?? 0;
        print.Line(string.Create(CultureInfo.InvariantCulture, $"{count} samples ")
            + (IsAuthors ? $"of {goldenPath}" : "recorded from the model here: they show what a variant changes, "
                + "not whether the model is right"));
        foreach (VariantResult result in results.Where(static result => result.Weights.Length > 0))
        {
            print.Line($"{result.Name}: weights {result.Weights}");
        }

        VariantResult[] written = [.. results.Skip(1).Where(static result => result.Path.Length > 0)];
        if (written.Length > 0)
        {
            print.Line("all of them in one package:");
            print.Line($"  kedge model push {model}{Golden()}{string.Concat(written.Select(Push))}");
        }
    }

    private string Golden() => IsAuthors ? $" --golden {goldenPath}" : "";

    private string Push(VariantResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $" --variant {result.Name}={result.Path} --tolerance {result.Name}=absolute:{result.Absolute:G3},"
        + $"relative:{samples?.RelativeTolerance ?? 0:G3},agreement:{result.MinimumAgreement:G3}");

    private string[] Row(VariantResult result)
    {
        string verdict = result.Refusal is not null ? "refused" : result == results[0] ? "" : "written";
        if (result.Loss is not { } loss)
        {
            return [result.Name, Size(result), "", "", "", "", "", "", "", verdict];
        }

        bool isOriginal = result == results[0];
        return
        [
            result.Name,
            Size(result),
            Time(result.Load),
            Time(result.Latency),
            Speed(result).ToString("0.00", CultureInfo.InvariantCulture) + "x",
            isOriginal ? "" : loss.ErrorMax.ToString("G3", CultureInfo.InvariantCulture),
            isOriginal ? "" : loss.ErrorMean.ToString("G3", CultureInfo.InvariantCulture),
            isOriginal || loss.Decisions == 0 ? "" : Share(loss.Agreement),
            IsAuthors && loss.Answers > 0 ? Share(loss.Accuracy) : "",
            verdict,
        ];
    }

    private JsonObject Node() => new()
    {
        ["model"] = model,
        ["samples"] = samples?.Samples.Length ?? 0,
        ["golden"] = IsAuthors ? "author" : "recorded",
        ["variants"] = new JsonArray([.. results.Select(result => (JsonNode)Node(result))]),
    };

    private JsonObject Node(VariantResult result)
    {
        JsonObject node = new() { ["name"] = result.Name, ["bytes"] = result.File.Length };
        if (result.Path.Length > 0)
        {
            node["file"] = result.Path;
        }

        if (result.Weights.Length > 0)
        {
            node["weights"] = result.Weights;
        }

        if (result.Loss is { } loss)
        {
            node["loadUs"] = (long)result.Load.TotalMicroseconds;
            node["latencyUs"] = (long)result.Latency.TotalMicroseconds;
            node["runs"] = result.Runs;
            node["speedup"] = Rounded(Speed(result));
            node["errorMax"] = Number(loss.ErrorMax);
            node["errorMean"] = Number(loss.ErrorMean);
            node["errorRelative"] = Number(loss.ErrorRelative);
            node["decisions"] = loss.Decisions;
            node["top1"] = loss.Agreement;
            if (IsAuthors && loss.Answers > 0)
            {
                node["accuracy"] = loss.Accuracy;
            }

            node["tolerance"] = new JsonObject
            {
                ["absolute"] = Number(result.Absolute),
                ["relative"] = samples?.RelativeTolerance ?? 0,
                ["minimumAgreement"] = result.MinimumAgreement,
            };
        }

        node["refused"] = result.Refusal?.Message ?? "";
        return node;
    }

    private double Speed(VariantResult result) =>
        result.Latency > TimeSpan.Zero ? results[0].Latency / result.Latency : 0;

    private static string Size(VariantResult result) => result.File.IsEmpty ? "" : Ages.Bytes(result.File.Length);

    private static string Time(TimeSpan time) => time.TotalMilliseconds >= 1
        ? time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture) + " ms"
        : time.TotalMicroseconds.ToString("0", CultureInfo.InvariantCulture) + " us";

    private static string Share(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    private static double Rounded(double value) => Math.Round(value, 3);

    /// <summary>JSON has no word for infinity: what is beyond all numbers is the largest one.</summary>
    private static double Number(double value) => double.IsFinite(value) ? value : double.MaxValue;
}
