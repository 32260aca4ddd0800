using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>What the fields of one tensor object said, whatever order they came in.</summary>
internal struct TensorFields
{
    /// <summary>Index among the declared tensors; -1 until the name was read.</summary>
    internal int Declared;

    /// <summary>The name, where nothing is declared.</summary>
    internal string Name;
    internal TensorType Type;
    internal int Rank;
    internal bool HasShape;

    /// <summary>Index of the data's opening bracket; -1 when it has none.</summary>
    internal int DataStart;

    /// <summary>True once the data was read on the way.</summary>
    internal bool DataDone;

    /// <summary>Triton's <c>binary_data_size</c>, in bytes; -1 when it has none.</summary>
    internal long BinaryBytes;

    /// <summary>Triton's <c>binary_data</c>: how this output is wanted; null where nothing is said.</summary>
    internal bool? WantsBinary;

    /// <summary>
    /// Triton's <c>classification</c>: how many classes of this output are wanted; 0 for its elements.
    /// </summary>
    internal int Classes;

    /// <summary>What it says of shared memory.</summary>
    internal RegionClaim Claim;

    /// <summary>Where it lies there, once the object was read; null for nowhere.</summary>
    internal RegionPart? Part;
}

/// <summary>
/// Reads one tensor object: <c>{"name": , "shape": , "datatype": , "parameters": , "data": }</c>. Fields may come in
/// any
/// order; when <c>data</c> comes last, as nearly always, everything is read in one pass.
/// </summary>
internal static class TensorReader
{
    /// <summary>Reads an object. The cursor stands at its opening brace, and afterwards at its closing one.</summary>
    /// <param name="cursor">The body.</param>
    /// <param name="declared">What the names may be; default takes any.</param>
    /// <param name="tensors">Where the elements go: by declared index, or the first.</param>
    /// <param name="fields">What was read.</param>
    internal static Finding? Read(
        ref JsonCursor cursor,
        ImmutableArray<TensorSpec> declared,
        ReadOnlySpan<Tensor> tensors,
        out TensorFields fields)
    {
        fields = new TensorFields { Declared = -1, DataStart = -1, BinaryBytes = -1, Name = "" };
        Span<long> shape = stackalloc long[InferenceLimits.RankMax];
        if (cursor.Reader.TokenType != JsonTokenType.StartObject)
        {
            return InferErrors.RequestInvalid.At("A tensor must be an object.");
        }

        while (cursor.Reader.Read() && cursor.Reader.TokenType == JsonTokenType.PropertyName)
        {
            Finding? fault = ReadField(ref cursor, declared, tensors, ref fields, shape);
            if (fault is not null)
            {
                return fault;
            }
        }

        Finding? unfit = fields.Claim.Settle(fields.DataStart >= 0 || fields.BinaryBytes >= 0, out fields.Part);
        if (unfit is not null || fields.DataDone || !IsComplete(fields, declared, tensors))
        {
            return unfit;
        }

        return fields.DataStart >= 0 ? ReadData(ref cursor, declared, tensors, ref fields, shape)
            : fields.BinaryBytes >= 0 ? PrepareBinary(declared, tensors, fields, shape, fields.BinaryBytes)
            : fields.Part is { } part ? TakePart(cursor, declared, tensors, ref fields, shape, part)
            : null;
    }

    private static Finding? ReadField(
        ref JsonCursor cursor,
        ImmutableArray<TensorSpec> declared,
        ReadOnlySpan<Tensor> tensors,
        ref TensorFields fields,
        scoped Span<long> shape)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        if (reader.ValueTextEquals("name"u8))
        {
            return ReadName(ref cursor, declared, ref fields);
        }

        if (reader.ValueTextEquals("shape"u8))
        {
            return ReadShape(ref cursor, ref fields, shape);
        }

        if (reader.ValueTextEquals("datatype"u8))
        {
            reader.Read();
            fields.Type = reader.TokenType == JsonTokenType.String
                ? TensorTypes.Parse(reader.ValueSpan)
                : TensorType.Unknown;
            return fields.Type != TensorType.Unknown
                ? null
                : InferErrors.DatatypeMismatch.At("'datatype' must be one of BOOL, UINT8..64, INT8..64, FP16, BF16, "
                    + "FP32, FP64 and BYTES.");
        }

        if (reader.ValueTextEquals("parameters"u8))
        {
            return TensorParameters.Read(ref cursor, ref fields);
        }

        bool isData = reader.ValueTextEquals("data"u8);
        reader.Read();
        if (!isData)
        {
            reader.Skip();
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return InferErrors.RequestInvalid.At("'data' must be a list.");
        }

        fields.DataStart = cursor.TokenStart;
        if (!IsComplete(fields, declared, tensors))
        {
            reader.Skip();
            return null;
        }

        return ReadData(ref cursor, declared, tensors, ref fields, shape);
    }

    private static bool IsComplete(
        in TensorFields fields, ImmutableArray<TensorSpec> declared, ReadOnlySpan<Tensor> tensors) =>
        !tensors.IsEmpty && fields.HasShape && fields.Type != TensorType.Unknown
        && (declared.IsDefault || fields.Declared >= 0);

    private static Finding? ReadName(
        ref JsonCursor cursor, ImmutableArray<TensorSpec> declared, ref TensorFields fields)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > InferenceLimits.NameBytesMax)
        {
            return InferErrors.RequestInvalid.At("'name' must be a string of at most 512 bytes.");
        }

        if (declared.IsDefault)
        {
            fields.Name = reader.GetString() ?? "";
            return null;
        }

        for (int i = 0; i < declared.Length; i++)
        {
            if (reader.ValueTextEquals(declared[i].NameUtf8.AsSpan()))
            {
                fields.Declared = i;
                return null;
            }
        }

        return InferErrors.TensorUnknown.At(
            $"There is no '{reader.GetString()}'; there is {string.Join(", ", declared.Select(static s => s.Name))}.");
    }

    private static Finding? ReadShape(ref JsonCursor cursor, ref TensorFields fields, scoped Span<long> shape)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        reader.Read();
        fields.Rank = 0;
        bool isList = reader.TokenType == JsonTokenType.StartArray;
        while (isList && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (fields.Rank == shape.Length
                || reader.TokenType != JsonTokenType.Number
                || !reader.TryGetInt64(out shape[fields.Rank])
                || shape[fields.Rank] < 0)
            {
                isList = false;
                break;
            }

            fields.Rank++;
        }

        fields.HasShape = isList;
        return isList
            ? null
            : InferErrors.ShapeMismatch.At("'shape' must be a list of at most 16 whole numbers from 0.");
    }

    private static Finding? ReadData(
        ref JsonCursor cursor,
        ImmutableArray<TensorSpec> declared,
        ReadOnlySpan<Tensor> tensors,
        ref TensorFields fields,
        scoped ReadOnlySpan<long> shape)
    {
        Tensor tensor = tensors[Math.Max(fields.Declared, 0)];
        TensorSpec? spec = declared.IsDefault ? null : declared[fields.Declared];

        EarlyList early = cursor.Early.Bracket == fields.DataStart ? cursor.Early : default;

        // Every element takes two bytes or more: a body cannot make us allocate for elements that it cannot hold.
        long elementsMax = ((cursor.Json.Length - fields.DataStart) / 2) + 1;
        Finding? fault = early.Count > 0
            ? PrepareEarly(tensor, spec, fields, shape, early.Values)
            : Prepare(tensor, spec, fields, shape, elementsMax);
        if (fault is not null)
        {
            return fault;
        }

        ScanResult result = DataScanner.Read(cursor.Json, fields.DataStart, early.Count, tensor, out int position);
        fields.DataDone = true;
        if (result == ScanResult.Done && cursor.Reader.TokenType == JsonTokenType.StartArray)
        {
            cursor.JumpTo(position);
        }

        return result == ScanResult.Done ? null
            : Explain(result, tensor, cursor.Early.WasAt(position));
    }

    /// <summary>Has the elements of a tensor stay where some of them were read already.</summary>
    private static Finding? PrepareEarly(
        Tensor tensor, TensorSpec? spec, in TensorFields fields, ReadOnlySpan<long> shape, Memory<byte> values)
    {
        ReadOnlySpan<long> given = shape[..fields.Rank];
        return Begin(tensor, spec, fields, shape)
            ?? (values.IsEmpty ? Short(tensor, given)
                : fields.Type == TensorType.Float32 && tensor.TryBorrow(given, values) ? null
                : InferErrors.RequestInvalid.At($"'{tensor.Name}' has another shape or datatype behind its data."));
    }

    private static Finding Short(Tensor tensor, ReadOnlySpan<long> given) => InferErrors.ShapeMismatch.At(
        $"'{tensor.Name}' has shape {TensorShape.Describe(given)}, more elements than its data holds.");

    private static Finding? PrepareBinary(
        ImmutableArray<TensorSpec> declared,
        ReadOnlySpan<Tensor> tensors,
        in TensorFields fields,
        scoped ReadOnlySpan<long> shape,
        long byteCount)
    {
        // A text takes the four bytes of its length at least.
        int width = fields.Type == TensorType.Bytes ? sizeof(int) : TensorTypes.ElementBytes(fields.Type);
        TensorSpec? spec = declared.IsDefault ? null : declared[fields.Declared];
        return Prepare(tensors[Math.Max(fields.Declared, 0)], spec, fields, shape, byteCount / width);
    }

    /// <summary>
    /// Takes the elements out of shared memory: floating-point numbers where they lie, others as a copy.
    /// </summary>
    private static Finding? TakePart(
        in JsonCursor cursor,
        ImmutableArray<TensorSpec> declared,
        ReadOnlySpan<Tensor> tensors,
        ref TensorFields fields,
        scoped ReadOnlySpan<long> shape,
        RegionPart part)
    {
        Tensor tensor = tensors[fields.Declared];
        TensorSpec spec = declared[fields.Declared];
        fields.DataDone = true;
        Finding? fault;
        if (cursor.Extensions is { BorrowsInputs: true } && RegionTransfer.MayBorrow(fields.Type, part))
        {
            fault = Begin(tensor, spec, fields, shape);
            return fault is not null || tensor.TryBorrow(shape[..fields.Rank], part.Memory)
                ? fault
                : RegionTransfer.Misfit(spec.Name, part);
        }

        fault = PrepareBinary(declared, tensors, fields, shape, part.ByteCount);
        return fault is not null || BinaryTensors.TryTake(tensor, part.Memory.Span, part.ByteCount)
            ? fault
            : RegionTransfer.Misfit(spec.Name, part);
    }

    /// <summary>Sets name, type and shape of a tensor whose elements come next.</summary>
    private static Finding? Prepare(
        Tensor tensor, TensorSpec? spec, in TensorFields fields, ReadOnlySpan<long> shape, long elementsMax)
    {
        Finding? fault = Begin(tensor, spec, fields, shape);
        if (fault is not null)
        {
            return fault;
        }

        ReadOnlySpan<long> given = shape[..fields.Rank];
        return tensor.TryShape(given, elementsMax) ? null : Short(tensor, given);
    }

    /// <summary>Names a tensor and sets its type, where type and shape are what is declared.</summary>
    private static Finding? Begin(
        Tensor tensor, TensorSpec? spec, in TensorFields fields, ReadOnlySpan<long> shape)
    {
        ReadOnlySpan<long> given = shape[..fields.Rank];
        string name = spec?.Name ?? fields.Name;
        if (spec is not null && spec.Type != fields.Type)
        {
            return InferErrors.DatatypeMismatch.At(
                $"'{name}' is {TensorTypes.Name(spec.Type)}, not {TensorTypes.Name(fields.Type)}.");
        }

        if (spec is { HasShape: true } && !TensorShape.Accepts(spec.Shape.AsSpan(), given))
        {
            return InferErrors.ShapeMismatch.At($"'{name}' takes {TensorShape.Describe(spec.Shape.AsSpan())}, "
                + $"not {TensorShape.Describe(given)}.");
        }

        tensor.Begin(name, fields.Type);
        return null;
    }

    private static Finding Explain(ScanResult result, Tensor tensor, int position)
    {
        string where = string.Create(CultureInfo.InvariantCulture, $"'{tensor.Name}', byte {position} of the body");
        return result switch
        {
            ScanResult.NotJson => InferErrors.JsonInvalid.At($"The data is broken: {where}."),
            ScanResult.NotValue => InferErrors.ValueInvalid.At(
                $"This is no value of {TensorTypes.Name(tensor.Type)}: {where}."),
            ScanResult.NotShape => InferErrors.ShapeMismatch.At(
                $"The data does not have shape {TensorShape.Describe(tensor.Shape)}: {where}."),
            ScanResult.TooLarge => InferErrors.TooLarge.At($"The texts are too long: {where}."),
            ScanResult.Done or ScanResult.Unknown => throw Kedge.Core.Check.Unreachable(result),
        };
    }
}
