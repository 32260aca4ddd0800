using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Reads <c>ModelInferRequest</c> (Open Inference Protocol v2, gRPC) straight into a call. It allocates nothing when
/// the request is right and the call's memory has grown to its size. Fields may come in any order, so the message is
/// gone through twice: the second time for <c>raw_input_contents</c>, whose place is the order of the inputs.
/// </summary>
public static class GrpcRequestReader
{
    private const int ModelNameField = 1;
    private const int ModelVersionField = 2;
    private const int IdField = 3;
    private const int ParametersField = 4;
    private const int InputsField = 5;
    private const int OutputsField = 6;
    private const int RawField = 7;
    private const int OutputNameField = 1;
    private const int OutputParametersField = 2;

    /// <summary>Reads only which model it is for; false when the bytes are no message.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="name">The model's name in UTF-8.</param>
    /// <param name="version">Its version in UTF-8; empty for none.</param>
    public static bool TryReadModel(
        ReadOnlySpan<byte> message, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> version)
    {
        name = [];
        version = [];
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            if (reader.Is(ModelNameField, WireKind.Bytes))
            {
                name = reader.Bytes;
            }
            else if (reader.Is(ModelVersionField, WireKind.Bytes))
            {
                version = reader.Bytes;
            }
        }

        return !reader.IsBroken;
    }

    /// <summary>
    /// The id that a message gives, in UTF-8; empty for none. For answers to requests that are wrong.
    /// </summary>
    public static ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> id = [];
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            id = reader.Is(IdField, WireKind.Bytes) ? reader.Bytes : id;
        }

        return id.Length <= InferenceLimits.IdBytesMax && Utf8.IsValid(id) ? id : [];
    }

    /// <summary>Reads a whole message.</summary>
    /// <param name="message">All of it.</param>
    /// <param name="call">Gets id, inputs, wanted outputs and extensions.</param>
    /// <param name="regions">Shared memory that the request may name; null for none.</param>
    /// <param name="lent">
    /// Empty, or the memory of <paramref name="message"/>, where inputs may then stay: it neither moves nor changes
    /// until the call has run and is trimmed.
    /// </param>
    /// <returns>Null when the request is right, else what is wrong with it.</returns>
    public static Finding? Read(
        ReadOnlySpan<byte> message, InferenceCall call, RegionTable? regions = null, Memory<byte> lent = default)
    {
        call.Clear();
        Span<int> order = stackalloc int[InferenceLimits.TensorsMax];
        GrpcRequestScan scan = new()
        {
            Message = message, Lent = lent, Call = call, Regions = regions, Order = order, IsRaw = true,
        };
        Finding? fault = null;
        WireReader reader = new(message);
        while (fault is null && reader.TryNext())
        {
            fault = reader.Kind == WireKind.Bytes ? ReadField(reader, ref scan) : null;
        }

        fault = reader.IsBroken ? NoMessage() : fault;
        return fault ?? TakeRaw(scan) ?? WantOutputs(scan) ?? CheckInputs(call);
    }

    internal static Finding NoMessage() => InferErrors.MessageInvalid.At("The bytes are no protobuf message.");

    private static Finding? ReadField(in WireReader reader, ref GrpcRequestScan scan)
    {
        switch (reader.Field)
        {
            case IdField:
                return ReadId(reader.Bytes, scan.Call);
            case ParametersField:
                return GrpcParameters.Read(reader.Bytes, scan.Call.Extensions, ref scan.IsRaw);
            case InputsField:
                return ReadInput(reader.Bytes, ref scan);
            case RawField:
                scan.RawCount++;
                return null;
            default:
                return null;
        }
    }

    private static Finding? ReadId(ReadOnlySpan<byte> id, InferenceCall call)
    {
        if (id.Length > InferenceLimits.IdBytesMax || !Utf8.IsValid(id))
        {
            return InferErrors.GrpcRequestInvalid.At("'id' must be UTF-8 of at most 256 bytes.");
        }

        id.CopyTo(call.StartId(id.Length));
        return null;
    }

    private static Finding? ReadInput(ReadOnlySpan<byte> input, ref GrpcRequestScan scan)
    {
        Span<long> shape = stackalloc long[InferenceLimits.RankMax];
        InferenceCall call = scan.Call;
        Finding? fault = GrpcInput.Read(input, scan, shape, out GrpcInput fields);
        if (fault is not null)
        {
            return fault;
        }

        TensorSpec spec = call.Signature.Inputs[fields.Declared];
        if (!call.TryGive(fields.Declared))
        {
            return InferErrors.InputMissing.At($"'{spec.Name}' is given twice.");
        }

        Tensor tensor = call.Inputs[fields.Declared];
        ReadOnlySpan<long> given = shape[..fields.Rank];
        if (fields.Part is { } part)
        {
            return fields.TakePart(part, tensor, spec, given, call.Extensions.BorrowsInputs);
        }

        fault = fields.Prepare(tensor, spec, given, scan.Message.Length);
        if (fault is not null)
        {
            return fault;
        }

        scan.Order[scan.InputCount++] = fields.Declared;
        scan.HasContents |= fields.HasContents;
        scan.HasUnfilled |= !fields.HasContents && tensor.ElementCount > 0;
        return fields.HasContents ? GrpcInput.ReadContents(input, tensor) : null;
    }

    private static Finding? TakeRaw(in GrpcRequestScan scan)
    {
        if (scan.RawCount == 0)
        {
            return scan.HasUnfilled
                ? InferErrors.GrpcRequestInvalid.At("An input has neither 'contents' nor 'raw_input_contents'.")
                : null;
        }

        if (scan.HasContents)
        {
            return InferErrors.GrpcRequestInvalid.At("'contents' and 'raw_input_contents' exclude each other.");
        }

        if (scan.RawCount != scan.InputCount)
        {
            return InferErrors.GrpcRequestInvalid.At(
                $"There are {scan.RawCount} 'raw_input_contents' for {scan.InputCount} inputs outside of shared "
                + "memory.");
        }

        int index = 0;
        WireReader reader = new(scan.Message);
        while (reader.TryNext())
        {
            if (reader.Is(RawField, WireKind.Bytes))
            {
                Tensor tensor = scan.Call.Inputs[scan.Order[index++]];
                if (!BinaryTensors.TryTake(tensor, reader.Bytes, reader.Bytes.Length, scan.LentAt(reader.Bytes)))
                {
                    return InferErrors.ShapeMismatch.At(
                        $"The {reader.Bytes.Length} raw bytes of '{tensor.Name}' do not have its shape "
                        + $"{TensorShape.Describe(tensor.Shape)}.");
                }
            }
        }

        return null;
    }

    /// <summary>After the parameters of the whole request, which say how outputs go that say nothing.</summary>
    private static Finding? WantOutputs(in GrpcRequestScan scan)
    {
        WireReader reader = new(scan.Message);
        while (reader.TryNext())
        {
            Finding? fault = reader.Is(OutputsField, WireKind.Bytes) ? WantOutput(reader.Bytes, scan) : null;
            if (fault is not null)
            {
                return fault;
            }
        }

        if (scan.Call.WantedCount == 0)
        {
            scan.Call.WantAll(scan.IsRaw);
        }

        return null;
    }

    private static Finding? WantOutput(ReadOnlySpan<byte> output, in GrpcRequestScan scan)
    {
        ReadOnlySpan<byte> name = [];
        GrpcTensorParameters parameters = default;
        Finding? fault = null;
        WireReader reader = new(output);
        while (fault is null && reader.TryNext())
        {
            if (reader.Is(OutputNameField, WireKind.Bytes))
            {
                name = reader.Bytes;
            }
            else if (reader.Is(OutputParametersField, WireKind.Bytes))
            {
                fault = parameters.Read(reader.Bytes, scan.Call.Extensions, scan.Regions);
            }
        }

        if (fault is not null || reader.IsBroken)
        {
            return fault ?? NoMessage();
        }

        InferenceCall call = scan.Call;
        int declared = IndexOf(call.Signature.Outputs, name);
        if (declared < 0)
        {
            return UnknownTensor(call.Signature.Outputs, name);
        }

        fault = parameters.Claim.Settle(hasData: false, out RegionPart? part);
        if (fault is null && !call.TryWant(declared, parameters.IsRaw ?? scan.IsRaw))
        {
            return InferErrors.GrpcRequestInvalid.At(
                $"Output '{call.Signature.Outputs[declared].Name}' is asked for twice.");
        }

        call.Extensions.Take(declared, parameters.IsRaw is not null, parameters.Classes, part);
        return fault;
    }

    private static Finding? CheckInputs(InferenceCall call)
    {
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            if (!call.IsGiven(i))
            {
                return InferErrors.InputMissing.At($"'{call.Signature.Inputs[i].Name}' is missing.");
            }
        }

        return null;
    }

    internal static int IndexOf(ImmutableArray<TensorSpec> declared, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < declared.Length; i++)
        {
            if (name.SequenceEqual(declared[i].NameUtf8.AsSpan()))
            {
                return i;
            }
        }

        return -1;
    }

    internal static Finding UnknownTensor(ImmutableArray<TensorSpec> declared, ReadOnlySpan<byte> name) =>
        InferErrors.TensorUnknown.At(
            $"There is no '{Encoding.UTF8.GetString(name[..Math.Min(name.Length, InferenceLimits.NameBytesMax)])}'; "
            + $"there is {string.Join(", ", declared.Select(static s => s.Name))}.");
}
