using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Gate;

/// <summary>
/// Where an ONNX model may take weights from: files that lie beside it under a plain name and were given with it, and
/// ranges within them that do not contradict one another. The name decides here; that the file is a regular one in the
/// same folder and no link is for whoever opens it to check, before it is given. ONNX Runtime knows further spellings
/// (an address in memory, parts of paths): none of them is a plain name.
/// </summary>
public static class ExternalDataRule
{
    /// <summary>Why a model may not take weights from <paramref name="location"/>; null when it may.</summary>
    /// <param name="location">The file as the model names it.</param>
    /// <param name="modelName">The model's own file, which cannot be its own weights.</param>
    public static Finding? NameRefusal(string location, string modelName)
    {
        string shown = Shown(location);
        if (!PackagePaths.IsValid(location) || location.Contains('/', StringComparison.Ordinal))
        {
            return FormatErrors.ExternalName.At(
                $"The weights are in '{shown}', which is no plain name of a file beside the model.",
                "graph.initializer");
        }

        return string.Equals(location, modelName, StringComparison.OrdinalIgnoreCase)
            ? FormatErrors.ExternalName.At(
                $"The weights are in '{shown}', which is the model's own file.", "graph.initializer")
            : null;
    }

    /// <summary>
    /// The files that a model takes weights from, by name. Ask <see cref="NameRefusal"/> about each before opening it.
    /// </summary>
    /// <param name="model">The whole file of an ONNX model; one that cannot be read takes weights from nowhere.</param>
    public static ImmutableArray<string> Names(ReadOnlySpan<byte> model) =>
        OnnxReader.TryRead(model, out OnnxModel? read, out _) && read is not null ? read.ExternalLocations : [];

    /// <summary>
    /// Where in a file with weights the tensors of a model are; empty when the model names another file or nothing.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="bytes">Its length.</param>
    public static TensorMap Map(OnnxModel model, string name, long bytes)
    {
        IEnumerable<TensorSpan> spans = model.ExternalTensors
            .Where(tensor => tensor.Location == name)
            .DistinctBy(static tensor => (tensor.Offset, tensor.Bytes))
            .Select(static tensor => new TensorSpan(
                tensor.Name, OnnxTensorMap.Kind(tensor.ElementType), tensor.Offset, tensor.Bytes));
        return TensorMap.TryCreate(spans, bytes, out TensorMap map) ? map : TensorMap.Empty;
    }

    /// <summary>Adds everything that is wrong with the places of a model's weights in other files.</summary>
    internal static void Check(
        OnnxModel model, string modelName, ImmutableArray<ModelFile> siblings, ImmutableArray<Finding>.Builder findings)
    {
        foreach (string location in model.ExternalLocations)
        {
            if (NameRefusal(location, modelName) is { } refusal)
            {
                findings.Add(refusal);
            }
            else if (siblings.FirstOrDefault(one => one.Name == location) is not { } sibling)
            {
                findings.Add(FormatErrors.ExternalMissing.At(
                    $"The weights are in the file '{location}' beside the model, which was not given.",
                    "graph.initializer"));
            }
            else if (RangeRefusal(model, sibling) is { } wrong)
            {
                findings.Add(wrong);
            }
        }
    }

    /// <summary>
    /// Several tensors may be the same bytes; those that share only some of them cannot both be right.
    /// </summary>
    private static Finding? RangeRefusal(OnnxModel model, ModelFile sibling)
    {
        long end = 0;
        (long Offset, long Bytes) before = (-1, -1);
        foreach (OnnxExternalTensor tensor in model.ExternalTensors
            .Where(tensor => tensor.Location == sibling.Name && tensor.Bytes > 0)
            .OrderBy(static tensor => tensor.Offset)
            .ThenBy(static tensor => tensor.Bytes))
        {
            if (tensor.Offset > sibling.Bytes || tensor.Bytes > sibling.Bytes - tensor.Offset)
            {
                return FormatErrors.ExternalRange.At(
                    $"Tensor '{Shown(tensor.Name)}' takes {tensor.Bytes} bytes from byte {tensor.Offset} of "
                    + $"'{sibling.Name}', which has {sibling.Bytes}.",
                    "graph.initializer");
            }

            if (tensor.Offset < end && (tensor.Offset, tensor.Bytes) != before)
            {
                return FormatErrors.ExternalRange.At(
                    $"Tensor '{Shown(tensor.Name)}' at byte {tensor.Offset} of '{sibling.Name}' is on top of another.",
                    "graph.initializer");
            }

            before = (tensor.Offset, tensor.Bytes);
            end = tensor.Offset + tensor.Bytes;
        }

        return null;
    }

    private static string Shown(string text) => new([.. text.Take(64).Select(static c => char.IsControl(c) ? '?' : c)]);
}
