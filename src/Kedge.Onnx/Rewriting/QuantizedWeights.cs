using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;

namespace Kedge.Onnx.Rewriting;

/// <summary>
/// Stores the 32-bit weights of matrix products and convolutions in 8 bits, one scale for each output channel
/// (<see cref="ChannelQuantizer"/>). Matrix products are computed in 8 bits as well: the activations are quantised when
/// a request comes, one scale and zero point for the whole tensor, and products of integers are scaled back
/// (<see cref="IntegerProducts"/>). Convolutions compute in 32 bits on weights that the runtime widens once, when it
/// loads the model, and so run as fast as before (ADR 0022 has the figures: the runtime's integer convolution is no
/// faster on balance, and rounds the activations of every layer). So do small products and everything that takes a
/// weight in another way beside. Weights that are only looked up
/// (<c>Gather</c>) are left alone: nothing is summed up over them, so that every error would be seen as it is.
/// </summary>
public static class QuantizedWeights
{
    private const int OpsetWithDynamicQuantization = 11;

    /// <summary>Rewrites a file. Never throws, whatever the bytes.</summary>
    public static RewriteOutcome Rewrite(ReadOnlyMemory<byte> file)
    {
        if (!EditableModel.TryRead(file, out EditableModel? model, out Finding? finding))
        {
            return new RewriteOutcome.Refused(finding);
        }

        // Before version 7 Mul does not stretch a scale over a weight.
        if (model.Opset < 7)
        {
            return new RewriteOutcome.Refused(OnnxErrors.NothingToRewrite.At(
                $"The model imports version {model.Opset} of the standard's operators, 7 is needed."));
        }

        model.Freeze();
        WeightUses uses = new(model);
        IntegerProducts products = new(model.Graph);
        HashSet<string> overridable = new(model.Graph.Inputs, StringComparer.Ordinal);
        ImmutableArray<WeightReport>.Builder reports = ImmutableArray.CreateBuilder<WeightReport>();
        foreach (EditableInitializer weight in NarrowWeights.Candidates(model.Graph))
        {
            reports.Add(overridable.Contains(weight.Facts.Name)
                ? Kept(weight, "a request may give it another value")
                : Quantize(model, weight, uses.Of(weight), products));
        }

        products.Finish();
        return NarrowWeights.Finish(model, reports.DrainToImmutable());
    }

    private static WeightReport Quantize(
        EditableModel model, EditableInitializer weight, WeightUse use, IntegerProducts products)
    {
        if (use.Operation == WeightOperation.Unknown)
        {
            return Kept(weight, "no matrix product and no convolution takes it");
        }

        if (model.Graph.Outputs.Contains(weight.Facts.Name))
        {
            return Kept(weight, "it is an output");
        }

        if (weight.Floats() is not { } values || !ChannelQuantizer.IsFinite(values))
        {
            return Kept(weight, "its elements are not in the file, or one is no number");
        }

        ChannelQuantizer.Layout layout = ChannelQuantizer.Layout.Of(weight.Facts.Dims, use.ChannelAxis);
        bool computes = use is { Operation: WeightOperation.Product, IsUsedElsewhere: false }
            && model.Opset >= OpsetWithDynamicQuantization
            && weight.Elements >= OnnxLimits.IntegerProductElementsMin
            && layout.Depth <= OnnxLimits.IntegerDepthMax
            && products.TryReplace(weight, use, values);
        if (!computes)
        {
            Store(model.Graph, weight, (values, use.ChannelAxis));
        }

        return new WeightReport(
            weight.Facts.Name,
            computes ? WeightTreatment.ComputedInt8 : WeightTreatment.StoredInt8,
            weight.Elements,
            "");
    }

    /// <summary>Widens the weight at the beginning of the graph, under its old name.</summary>
    private static void Store(EditableGraph graph, EditableInitializer weight, (float[] Values, int Axis) channels)
    {
        ImmutableArray<long> dims = weight.Facts.Dims;
        ChannelQuantizer.Layout layout = ChannelQuantizer.Layout.Of(dims, channels.Axis);
        float[] scales = ChannelQuantizer.Scales(channels.Values, layout);
        byte[] quantized = ChannelQuantizer.Quantize(channels.Values, layout, scales, channelsLast: false);
        string name = weight.Facts.Name;
        string stored = graph.FreshName(name + "_int8");
        string scale = graph.FreshName(name + "_scale");
        string wide = graph.FreshName(name + "_wide");

        // The scale's shape is the weight's with every axis but the channel's of one element.
        ImmutableArray<long> stretched =
            [.. dims.Select((extent, axis) => axis == channels.Axis ? extent : 1)];
        graph.Remove(weight);
        graph.Add(OnnxTensor.OfRaw(stored, OnnxElementType.Int8, dims, quantized));
        graph.Add(OnnxTensor.OfRaw(
            scale, OnnxElementType.Float, stretched, MemoryMarshal.AsBytes(scales.AsSpan()).ToArray()));
        graph.Begin(NarrowWeights.Widen(stored, wide));
        graph.Begin(new OnnxNodeSpec("Mul", [wide, scale], [name]));
    }

    private static WeightReport Kept(EditableInitializer weight, string reason) =>
        new(weight.Facts.Name, WeightTreatment.Kept, weight.Elements, reason);
}
