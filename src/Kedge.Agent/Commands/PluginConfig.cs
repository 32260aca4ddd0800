using System.Collections.Immutable;
using Kedge.Core.Models;
using Kedge.Inference.Control;

namespace Kedge.Agent.Commands;

/// <summary>
/// A library of this device that computes models beside the processor: in <c>agent.json</c>, since only who owns the
/// device knows what is plugged into it.
/// </summary>
internal sealed record PluginConfig
{
    /// <summary>For models of which format: <c>onnx</c> or <c>tflite</c>.</summary>
    public string Format { get; set; } = "";

    /// <summary>What it is called, 1..63 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Absolute path of the library. What lies in its folder is seen by the models that may use it.</summary>
    public string Library { get; set; } = "";

    /// <summary>Options that it understands.</summary>
    public Dictionary<string, string> Options { get; set; } = [];

    internal ServePlugin ToServe()
    {
        ImmutableArray<ServePluginOption>.Builder options = ImmutableArray.CreateBuilder<ServePluginOption>();
        foreach ((string key, string value) in Options)
        {
            options.Add(new ServePluginOption(key, value));
        }

        return new ServePlugin(Format, Name, Library) { Options = options.ToImmutable() };
    }

    internal IEnumerable<string> Findings()
    {
        if (ModelFormats.Of(Format ?? "") is not (ModelFormat.Onnx or ModelFormat.TfLite))
        {
            yield return "plugins[].format must be onnx or tflite";
        }

        if (Name is not { Length: >= 1 and <= 63 }
            || !Name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            yield return "plugins[].name must be 1..63 of A-Z a-z 0-9 . _ -";
        }

        if (!Path.IsPathFullyQualified(Library ?? "") || !File.Exists(Library))
        {
            yield return $"plugins[].library must be a file: {Library}";
        }

        if (Options is null || Options.Count > ServePlugin.OptionsMax)
        {
            yield return "plugins[].options must be at most 64";
        }
    }
}
