using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Gate;

/// <summary>
/// Decides whether a file may become part of a package. Files come from anybody; runtimes parse them with native
/// code and some formats run code when opened. So formats are an allow-list, recognised by content and never by
/// name, and a bounded walk reads the whole file before any runtime sees it. All findings are reported. It
/// deliberately does not run the model: that is the preflight's part, inside the sandbox.
/// </summary>
public static class ModelGate
{
    /// <summary>
    /// Operator domains that the runtime implements itself: anything else would need a library of its own.
    /// </summary>
    private static readonly ImmutableArray<string> AllowedDomains = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

    /// <summary>Asks whether a file may be read at all, before a byte of it is: a limit on an upload as well.</summary>
    /// <param name="fileName">The file's name, for the message only.</param>
    /// <param name="bytes">Its length.</param>
    /// <returns>Why not; null when it may.</returns>
    public static Finding? LengthRefusal(string fileName, long bytes) =>
        bytes <= OnnxLimits.ModelBytesMax
            ? null
            : ContentErrors.TooLarge.At(
                $"{Path.GetFileName(fileName)} has {bytes} bytes; at most {OnnxLimits.ModelBytesMax} are allowed.");

    /// <summary>Inspects one file. Never throws, whatever the bytes.</summary>
    /// <param name="fileName">The file's name, for messages only.</param>
    /// <param name="file">The whole file.</param>
    public static GateOutcome Inspect(string fileName, ReadOnlySpan<byte> file)
    {
        if (FileSignature.Refusal(file) is { } refusal)
        {
            return Refuse(fileName, refusal);
        }

        if (!OnnxReader.TryRead(file, out OnnxModel? model, out Finding? finding) || model is null)
        {
            return Refuse(fileName, NotOnnx(file, finding));
        }

        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        Domains(model, findings);
        External(model, findings);
        ImmutableArray<TensorDeclaration> inputs = Declarations([.. model.RequiredInputs()], "inputs", findings);
        ImmutableArray<TensorDeclaration> outputs = Declarations(model.Outputs, "outputs", findings);
        if (findings.Count > 0)
        {
            return new GateOutcome.Refused(findings.DrainToImmutable());
        }

        return new GateOutcome.Accepted
        {
            Format = ModelFormat.Onnx,
            Inputs = inputs,
            Outputs = outputs,
            ParameterBytes = model.TensorBytes,
            Precision = Precision(model),
            Opsets = model.Opsets,
            Producer = model.Producer,
        };
    }

    private static GateOutcome.Refused Refuse(string fileName, Finding finding) =>
        new([finding with { Message = $"{Path.GetFileName(fileName)}: {finding.Message}" }]);

    /// <summary>
    /// Bytes that start like a model (a version of 1..99 in field 1) are a damaged one; others are none.
    /// </summary>
    private static Finding NotOnnx(ReadOnlySpan<byte> file, Finding? finding) =>
        file is [0x08, >= 1 and < 100, ..] && finding is not null
            ? finding
            : ContentErrors.NotAModel.At("The bytes are not those of an ONNX model. " + finding?.Message);

    private static void Domains(OnnxModel model, ImmutableArray<Finding>.Builder findings)
    {
        HashSet<(string Domain, string Name)> own =
            [.. model.Functions.Select(static function => (function.Domain, function.Name))];
        foreach (OnnxOperatorUse use in model.Operators)
        {
            if (!AllowedDomains.Contains(use.Domain, StringComparer.Ordinal) && !own.Contains((use.Domain, use.OpType)))
            {
                findings.Add(ContentErrors.OperatorDomain.At(
                    $"The operator '{use.OpType}' is of the domain '{use.Domain}'.", "graph.node"));
            }
        }
    }

    private static void External(OnnxModel model, ImmutableArray<Finding>.Builder findings)
    {
        foreach (string location in model.ExternalLocations)
        {
            findings.Add(ContentErrors.ExternalData.At(
                $"Weights are in the other file '{location}'.", "graph.initializer"));
        }
    }

    private static ImmutableArray<TensorDeclaration> Declarations(
        ImmutableArray<OnnxValue> values, string field, ImmutableArray<Finding>.Builder findings)
    {
        ImmutableArray<TensorDeclaration>.Builder declarations = ImmutableArray.CreateBuilder<TensorDeclaration>();
        HashSet<string> names = new(StringComparer.Ordinal);
        if (values.Length > ModelLimits.TensorsMax)
        {
            findings.Add(ContentErrors.ValueNotServed.At(
                $"There are {values.Length} {field}; at most {ModelLimits.TensorsMax} can be served.", field));
            return [];
        }

        foreach (OnnxValue value in values)
        {
            string? datatype = OnnxElementTypes.OpenInferenceName(value.ElementType);
            if (value.Kind != OnnxValueKind.Tensor || datatype is null)
            {
                findings.Add(ContentErrors.ValueNotServed.At(
                    $"'{value.Name}' is a {value.Kind} of {value.ElementType}.", field));
            }
            else if (!IsServable(value) || !names.Add(value.Name))
            {
                findings.Add(ContentErrors.ValueNotServed.At(
                    $"'{value.Name}' has an unusable or repeated name, or more than {ModelLimits.RankMax} axes.",
                    field));
            }
            else
            {
                declarations.Add(Declaration(value, datatype));
            }
        }

        return declarations.DrainToImmutable();
    }

    private static bool IsServable(OnnxValue value) =>
        value.Name.Length is > 0 and <= ModelLimits.TensorNameCharsMax
        && !value.Name.Any(char.IsControl)
        && (value.Shape.IsDefault || value.Shape.Length <= ModelLimits.RankMax);

    /// <summary>A tensor whose number of axes the model leaves open is declared with one open axis.</summary>
    private static TensorDeclaration Declaration(OnnxValue value, string datatype) => new()
    {
        Name = value.Name,
        Datatype = datatype,
        Shape = value.Shape.IsDefault ? [-1] : [.. value.Shape.Select(static dimension => dimension.Extent)],
    };

    private static string Precision(OnnxModel model) => model.Initializers
        .GroupBy(static initializer => PrecisionOf(initializer.ElementType))
        .OrderByDescending(static group => group.Sum(static initializer => initializer.Bytes))
        .Select(static group => group.Key)
        .FirstOrDefault("fp32");

    private static string PrecisionOf(OnnxElementType type) => type switch
    {
        OnnxElementType.Double or OnnxElementType.Complex128 => "fp64",
        OnnxElementType.Float16 => "fp16",
        OnnxElementType.BFloat16 => "bf16",
        OnnxElementType.Int8 or OnnxElementType.UInt8 => "int8",
        OnnxElementType.Int4 or OnnxElementType.UInt4 => "int4",
        OnnxElementType.Int2 or OnnxElementType.UInt2 => "int2",
        OnnxElementType.Float4E2M1 => "fp4",
        OnnxElementType.Float8E4M3Fn or OnnxElementType.Float8E4M3FnUz or OnnxElementType.Float8E5M2 => "fp8",
        OnnxElementType.Float8E5M2FnUz or OnnxElementType.Float8E8M0 => "fp8",
        OnnxElementType.Float or OnnxElementType.Complex64 or OnnxElementType.Unknown => "fp32",
        OnnxElementType.Int16 or OnnxElementType.UInt16 or OnnxElementType.Int32 or OnnxElementType.UInt32 => "fp32",
        OnnxElementType.Int64 or OnnxElementType.UInt64 or OnnxElementType.String or OnnxElementType.Bool => "fp32",
    };
}
