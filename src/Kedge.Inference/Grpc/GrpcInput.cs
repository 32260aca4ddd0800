using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Grpc;

/// <summary>What the fields of one <c>InferInputTensor</c> said, whatever order they came in.</summary>
internal struct GrpcInput
{
    private const int NameField = 1;
    private const int DatatypeField = 2;
    private const int ShapeField = 3;
    private const int ParametersField = 4;
    private const int ContentsField = 5;

    private GrpcTensorParameters _parameters;

    /// <summary>Index among the declared inputs.</summary>
    internal int Declared { readonly get; private set; }

    /// <summary>Its element type as it says.</summary>
    internal TensorType Type { readonly get; private set; }

    /// <summary>Number of its dimensions.</summary>
    internal int Rank { readonly get; private set; }

    /// <summary>True when it brings its elements itself.</summary>
    internal bool HasContents { readonly get; private set; }

    /// <summary>Where it lies in shared memory; null for nowhere.</summary>
    internal RegionPart? Part { readonly get; private set; }

    /// <summary>Reads everything but the elements.</summary>
    /// <param name="input">The message.</param>
    /// <param name="scan">The request that it is part of.</param>
    /// <param name="shape">Gets its dimensions.</param>
    /// <param name="fields">What was read.</param>
    internal static Finding? Read(
        ReadOnlySpan<byte> input, in GrpcRequestScan scan, scoped Span<long> shape, out GrpcInput fields)
    {
        fields = default;
        Finding? fault = null;
        ReadOnlySpan<byte> name = [];
        ReadOnlySpan<byte> datatype = [];
        WireReader reader = new(input);
        while (fault is null && reader.TryNext())
        {
            switch (reader.Field)
            {
                case NameField when reader.Kind == WireKind.Bytes:
                    name = reader.Bytes;
                    break;
                case DatatypeField when reader.Kind == WireKind.Bytes:
                    datatype = reader.Bytes;
                    break;
                case ShapeField:
                    fault = fields.ReadShape(reader, shape);
                    break;
                case ParametersField when reader.Kind == WireKind.Bytes:
                    fault = fields._parameters.Read(reader.Bytes, scan.Call.Extensions, scan.Regions);
                    break;
                case ContentsField when reader.Kind == WireKind.Bytes:
                    fields.HasContents |= !reader.Bytes.IsEmpty;
                    break;
            }
        }

        return reader.IsBroken ? GrpcRequestReader.NoMessage()
            : fault ?? fields.Settle(scan.Call.Signature.Inputs, name, datatype);
    }

    /// <summary>Sets name, type and shape of the tensor whose elements come next.</summary>
    /// <param name="tensor">Is made ready.</param>
    /// <param name="spec">What the model declares.</param>
    /// <param name="shape">The dimensions that were read.</param>
    /// <param name="bytesMax">
    /// Length of the message or of the shared memory: a request cannot make us allocate for elements that it cannot
    /// hold.
    /// </param>
    internal readonly Finding? Prepare(Tensor tensor, TensorSpec spec, ReadOnlySpan<long> shape, int bytesMax)
    {
        Finding? fault = Begin(tensor, spec, shape);
        if (fault is not null)
        {
            return fault;
        }

        // In a list of numbers every element takes a byte or more; a raw text takes the four of its length.
        int width = HasContents ? 1 : Type == TensorType.Bytes ? sizeof(int) : TensorTypes.ElementBytes(Type);
        return tensor.TryShape(shape, bytesMax / width)
            ? null
            : InferErrors.ShapeMismatch.At(
                $"'{spec.Name}' has shape {TensorShape.Describe(shape)}, which is more elements than the message has.");
    }

    /// <summary>
    /// Takes the elements out of shared memory: floating-point numbers where they lie, others as a copy.
    /// </summary>
    internal readonly Finding? TakePart(
        in RegionPart part, Tensor tensor, TensorSpec spec, ReadOnlySpan<long> shape, bool borrows)
    {
        Finding? fault;
        if (borrows && RegionTransfer.MayBorrow(Type, part))
        {
            fault = Begin(tensor, spec, shape);
            return fault is not null || tensor.TryBorrow(shape, part.Memory)
                ? fault
                : RegionTransfer.Misfit(spec.Name, part);
        }

        fault = Prepare(tensor, spec, shape, part.ByteCount);
        return fault is not null || BinaryTensors.TryTake(tensor, part.Memory.Span, part.ByteCount)
            ? fault
            : RegionTransfer.Misfit(spec.Name, part);
    }

    /// <summary>Reads the elements into a tensor that is ready for them.</summary>
    internal static Finding? ReadContents(ReadOnlySpan<byte> input, Tensor tensor)
    {
        int filled = 0;
        ContentsResult result = ContentsResult.Done;
        WireReader reader = new(input);
        while (result == ContentsResult.Done && reader.TryNext())
        {
            result = reader.Is(ContentsField, WireKind.Bytes)
                ? ContentsReader.Read(reader.Bytes, tensor, ref filled)
                : ContentsResult.Done;
        }

        result = result == ContentsResult.Done && filled != tensor.ElementCount ? ContentsResult.NotShape : result;
        return result switch
        {
            ContentsResult.Done => null,
            ContentsResult.NotMessage => GrpcRequestReader.NoMessage(),
            ContentsResult.NotShape => InferErrors.ShapeMismatch.At(
                $"The contents of '{tensor.Name}' do not have its shape {TensorShape.Describe(tensor.Shape)}."),
            ContentsResult.NotValue => InferErrors.ValueInvalid.At(
                $"The contents of '{tensor.Name}' are no values of {TensorTypes.Name(tensor.Type)}."),
            ContentsResult.Unknown => throw Check.Unreachable(result),
        };
    }

    /// <summary>Checks what only shows once all fields were read.</summary>
    private Finding? Settle(
        ImmutableArray<TensorSpec> declared, ReadOnlySpan<byte> name, ReadOnlySpan<byte> datatype)
    {
        Declared = GrpcRequestReader.IndexOf(declared, name);
        Type = TensorTypes.Parse(datatype);
        if (Declared < 0)
        {
            return GrpcRequestReader.UnknownTensor(declared, name);
        }

        if (Type == TensorType.Unknown)
        {
            return InferErrors.DatatypeMismatch.At(
                "'datatype' must be one of BOOL, UINT8..64, INT8..64, FP16, BF16, FP32, FP64 and BYTES.");
        }

        Finding? fault = _parameters.Claim.Settle(HasContents, out RegionPart? part);
        Part = part;
        return fault;
    }

    /// <summary>Names a tensor and sets its type, where type and shape are what is declared.</summary>
    private readonly Finding? Begin(Tensor tensor, TensorSpec spec, ReadOnlySpan<long> shape)
    {
        if (spec.Type != Type)
        {
            return InferErrors.DatatypeMismatch.At(
                $"'{spec.Name}' is {TensorTypes.Name(spec.Type)}, not {TensorTypes.Name(Type)}.");
        }

        if (HasContents && ContentsReader.FieldOf(Type) == 0)
        {
            return InferErrors.GrpcRequestInvalid.At(
                $"'{spec.Name}' is {TensorTypes.Name(Type)}, which comes in 'raw_input_contents' only.");
        }

        if (spec.HasShape && !TensorShape.Accepts(spec.Shape.AsSpan(), shape))
        {
            return InferErrors.ShapeMismatch.At($"'{spec.Name}' takes {TensorShape.Describe(spec.Shape.AsSpan())}, "
                + $"not {TensorShape.Describe(shape)}.");
        }

        tensor.Begin(spec.Name, Type);
        return null;
    }

    private Finding? ReadShape(in WireReader reader, scoped Span<long> shape)
    {
        if (reader.Kind == WireKind.Varint)
        {
            return TryAppend(reader.Number, shape) ? null : ShapeInvalid();
        }

        ReadOnlySpan<byte> packed = reader.Kind == WireKind.Bytes ? reader.Bytes : [];
        for (int position = 0; position < packed.Length;)
        {
            if (!WireReader.TryVarint(packed, ref position, out ulong dimension))
            {
                return GrpcRequestReader.NoMessage();
            }

            if (!TryAppend(dimension, shape))
            {
                return ShapeInvalid();
            }
        }

        return null;
    }

    private bool TryAppend(ulong dimension, scoped Span<long> shape)
    {
        if (Rank == shape.Length || (long)dimension < 0)
        {
            return false;
        }

        shape[Rank++] = (long)dimension;
        return true;
    }

    private static Finding ShapeInvalid() =>
        InferErrors.ShapeMismatch.At("'shape' must be a list of at most 16 whole numbers from 0.");
}
