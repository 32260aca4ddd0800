using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Gate;

/// <summary>
/// The part of the gate that judges ONNX models: operators, weights in other files, inputs and outputs.
/// </summary>
internal static class OnnxGate
{
    /// <summary>
    /// Operator domains that the runtime implements itself: anything else would need a library of its own.
    /// </summary>
    private static readonly ImmutableArray<string> AllowedDomains = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

    public static GateOutcome Inspect(ModelFile main, ReadOnlySpan<byte> file, ImmutableArray<ModelFile> siblings)
    {
        if (!OnnxReader.TryRead(file, out OnnxModel? model, out Finding? finding) || model is null)
        {
            return ModelGate.Refuse(main.Name, NotOnnx(file, finding));
        }

        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        Domains(model, findings);
        ExternalDataRule.Check(model, main.Name, siblings, findings);
        ImmutableArray<TensorDeclaration> inputs =
            DeclaredTensors.Of([.. model.RequiredInputs().Select(Declared)], "inputs", findings);
        ImmutableArray<TensorDeclaration> outputs =
            DeclaredTensors.Of([.. model.Outputs.Select(Declared)], "outputs", findings);
        if (findings.Count > 0)
        {
            return new GateOutcome.Refused(findings.DrainToImmutable());
        }

        return new GateOutcome.Accepted
        {
            Format = ModelFormat.Onnx,
            Inputs = inputs,
            Outputs = outputs,
            ParameterBytes = model.TensorBytes + model.ExternalTensors
                .DistinctBy(static tensor => (tensor.Location, tensor.Offset))
                .Sum(static tensor => tensor.Bytes),
            ParameterCount = model.Initializers.Sum(static initializer => Elements(initializer.Dims)),
            Precision = Precision(model),
            Opsets = model.Opsets,
            Producer = model.Producer,
        };
    }

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

    /// <summary>A tensor whose number of axes the model leaves open is declared with one open axis.</summary>
    private static DeclaredTensor Declared(OnnxValue value) => new(
        value.Name,
        value.Kind == OnnxValueKind.Tensor ? OnnxElementTypes.OpenInferenceName(value.ElementType) : null,
        value.Shape.IsDefault ? [-1] : [.. value.Shape.Select(static dimension => dimension.Extent)],
        $"a {value.Kind} of {value.ElementType}");

    private static long Elements(ImmutableArray<long> dims) =>
        dims.Aggregate(1L, static (elements, extent) => elements * extent);

    private static string Precision(OnnxModel model) => model.Initializers
        .GroupBy(static initializer => PrecisionOf(initializer.ElementType))
        .OrderByDescending(static group => group.Sum(
            static initializer => initializer.Bytes + (initializer.External?.Bytes ?? 0)))
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
