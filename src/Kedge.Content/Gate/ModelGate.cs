using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Content.Formats.Gguf;
using Kedge.Content.Formats.Safetensors;
using Kedge.Content.Formats.TfLite;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Gate;

/// <summary>
/// Decides whether a file may become part of a package. Files come from anybody; runtimes parse them with native
/// code and some formats run code when opened. So formats are an allow-list, recognised by content and never by
/// name, and a bounded walk reads everything that a runtime would follow before any runtime sees it. All findings are
/// reported. It deliberately does not run the model: that is the preflight's part, inside the sandbox.
/// </summary>
public static class ModelGate
{
    /// <summary>Asks whether an ONNX file may be read at all, before a byte of it is.</summary>
    /// <param name="fileName">The file's name, for the message only.</param>
    /// <param name="bytes">Its length.</param>
    /// <returns>Why not; null when it may.</returns>
    public static Finding? LengthRefusal(string fileName, long bytes) =>
        bytes <= OnnxLimits.ModelBytesMax
            ? null
            : ContentErrors.TooLarge.At(
                $"{Path.GetFileName(fileName)} has {bytes} bytes; at most {OnnxLimits.ModelBytesMax} are allowed.");

    /// <summary>Inspects one file that is in memory and stands alone. Never throws, whatever the bytes.</summary>
    /// <param name="fileName">The file's name, for messages only.</param>
    /// <param name="file">The whole file.</param>
    public static GateOutcome Inspect(string fileName, ReadOnlyMemory<byte> file) =>
        Inspect(ModelFile.Of(Path.GetFileName(fileName), file), []);

    /// <summary>
    /// Inspects one file with the files beside it. Of ONNX models the whole file is read into memory unless it is
    /// there, of others the header or structure only, piece by piece. Never throws, whatever the bytes.
    /// </summary>
    /// <param name="main">The model's file, with its name in the package.</param>
    /// <param name="siblings">Files that lie beside it and go with it, of which ONNX models may take weights.</param>
    public static GateOutcome Inspect(ModelFile main, ImmutableArray<ModelFile> siblings)
    {
        if (main.Bytes > ModelLimits.FileBytesMax)
        {
            return new GateOutcome.Refused([ContentErrors.TooLarge.At(
                $"{main.Name} has {main.Bytes} bytes; at most {ModelLimits.FileBytesMax} are allowed.")]);
        }

        byte[] head = new byte[(int)Math.Clamp(main.Bytes, 0, FileSignature.HeadBytes)];
        if (!main.TryFill(0, head))
        {
            return Refuse(main.Name, Unreadable);
        }

        if (FileSignature.Refusal(head) is { } refusal)
        {
            return Refuse(main.Name, refusal);
        }

        ModelFormat format = FileSignature.FormatOf(head);
        return format switch
        {
            ModelFormat.Onnx => Onnx(main, siblings),
            ModelFormat.TfLite => TfLite(main),
            ModelFormat.Gguf => GgufReader.TryRead(main, out WeightFile? weights, out Finding? finding)
                ? Weights(format, weights)
                : Refuse(main.Name, finding),
            ModelFormat.Safetensors => SafetensorsReader.TryRead(main, out WeightFile? weights, out Finding? finding)
                ? Weights(format, weights)
                : Refuse(main.Name, finding),
            ModelFormat.Unknown => throw Check.Unreachable(format),
        };
    }

    private static Finding Unreadable => FormatErrors.Unreadable.At("The file ended before its length was read.");

    private static GateOutcome Onnx(ModelFile main, ImmutableArray<ModelFile> siblings)
    {
        if (main.Content is { } given && given.Length == main.Bytes)
        {
            return OnnxGate.Inspect(main, given.Span, siblings);
        }

        if (LengthRefusal(main.Name, main.Bytes) is { } tooLarge)
        {
            return new GateOutcome.Refused([tooLarge]);
        }

        byte[] file = new byte[main.Bytes];
        return main.TryFill(0, file) ? OnnxGate.Inspect(main, file, siblings) : Refuse(main.Name, Unreadable);
    }

    private static GateOutcome TfLite(ModelFile main)
    {
        if (!TfLiteReader.TryRead(main, out TfLiteModel? model, out Finding? finding) || model is null)
        {
            return Refuse(main.Name, finding);
        }

        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        ImmutableArray<TensorDeclaration> inputs =
            DeclaredTensors.Of([.. model.Inputs.Select(Declared)], "inputs", findings);
        ImmutableArray<TensorDeclaration> outputs =
            DeclaredTensors.Of([.. model.Outputs.Select(Declared)], "outputs", findings);
        if (model.Outputs.IsEmpty)
        {
            findings.Add(FormatErrors.Malformed.At("The model has no outputs, so there is nothing to run."));
        }

        return findings.Count > 0
            ? new GateOutcome.Refused(findings.DrainToImmutable())
            : new GateOutcome.Accepted
            {
                Format = ModelFormat.TfLite,
                Inputs = inputs,
                Outputs = outputs,
                ParameterBytes = model.Constants.Sum(static one => one.Bytes),
                ParameterCount = model.Constants.Sum(static one => one.Elements),
                Precision = model.Precision(),
                Opsets = [],
                Producer = model.Description,
            };
    }

    private static DeclaredTensor Declared(TfLiteValue value) =>
        new(value.Name, value.Datatype, value.Shape, "of a type that the protocol does not have");

    /// <summary>Weights alone declare no inputs and outputs: their runtime knows them by the architecture.</summary>
    private static GateOutcome.Accepted Weights(ModelFormat format, WeightFile? weights)
    {
        Check.That(weights is not null);
        return new GateOutcome.Accepted
        {
            Format = format,
            Inputs = [],
            Outputs = [],
            ParameterBytes = weights.Tensors.Sum(static one => one.Bytes),
            ParameterCount = weights.Tensors.Sum(static one => one.Elements),
            Precision = weights.Precision(),
            Opsets = [],
            Producer = "",
            Architecture = weights.Architecture,
        };
    }

    internal static GateOutcome.Refused Refuse(string fileName, Finding? finding)
    {
        Check.That(finding is not null);
        return new([finding with { Message = $"{Path.GetFileName(fileName)}: {finding.Message}" }]);
    }
}
