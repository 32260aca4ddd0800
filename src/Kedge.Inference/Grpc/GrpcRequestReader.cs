using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
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
    /// <param name="call">Gets id, inputs and wanted outputs.</param>
    /// <param name="parameters">What it asks for beside its tensors.</param>
    /// <returns>Null when the request is right, else what is wrong with it.</returns>
    public static Finding? Read(ReadOnlySpan<byte> message, InferenceCall call, out GrpcParameters parameters)
    {
        call.Clear();
        parameters = new GrpcParameters { IsRaw = true };
        Span<int> order = stackalloc int[InferenceLimits.TensorsMax];
        RequestScan scan = new() { Order = order };
        Finding? fault = null;
        WireReader reader = new(message);
        while (fault is null && reader.TryNext())
        {
            fault = reader.Kind == WireKind.Bytes ? ReadField(reader, message, call, ref scan, ref parameters) : null;
        }

        fault = reader.IsBroken ? NoMessage() : fault;
        return fault ?? TakeRaw(message, call, scan) ?? WantOutputs(message, call, parameters) ?? CheckInputs(call);
    }

    internal static Finding NoMessage() => InferErrors.MessageInvalid.At("The bytes are no protobuf message.");

    private static Finding? ReadField(
        in WireReader reader,
        ReadOnlySpan<byte> message,
        InferenceCall call,
        ref RequestScan scan,
        ref GrpcParameters parameters)
    {
        switch (reader.Field)
        {
            case IdField:
                return ReadId(reader.Bytes, call);
            case ParametersField:
                return parameters.Read(reader.Bytes);
            case InputsField:
                return ReadInput(reader.Bytes, message, call, ref scan);
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

    private static Finding? ReadInput(
        ReadOnlySpan<byte> input, ReadOnlySpan<byte> message, InferenceCall call, ref RequestScan scan)
    {
        Span<long> shape = stackalloc long[InferenceLimits.RankMax];
        Finding? fault = GrpcInput.Read(input, call.Signature.Inputs, shape, out GrpcInput fields);
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
        fault = fields.Prepare(tensor, spec, shape[..fields.Rank], message.Length);
        if (fault is not null)
        {
            return fault;
        }

        scan.Order[scan.InputCount++] = fields.Declared;
        scan.HasContents |= fields.HasContents;
        scan.HasUnfilled |= !fields.HasContents && tensor.ElementCount > 0;
        return fields.HasContents ? GrpcInput.ReadContents(input, tensor) : null;
    }

    private static Finding? TakeRaw(ReadOnlySpan<byte> message, InferenceCall call, in RequestScan scan)
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
                $"There are {scan.RawCount} 'raw_input_contents' for {scan.InputCount} inputs.");
        }

        int index = 0;
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            if (reader.Is(RawField, WireKind.Bytes))
            {
                Tensor tensor = call.Inputs[scan.Order[index++]];
                if (!BinaryTensors.TryTake(tensor, reader.Bytes, reader.Bytes.Length))
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
    private static Finding? WantOutputs(ReadOnlySpan<byte> message, InferenceCall call, in GrpcParameters parameters)
    {
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            Finding? fault = reader.Is(OutputsField, WireKind.Bytes)
                ? WantOutput(reader.Bytes, call, parameters.IsRaw)
                : null;
            if (fault is not null)
            {
                return fault;
            }
        }

        if (call.WantedCount == 0)
        {
            call.WantAll(parameters.IsRaw);
        }

        return null;
    }

    private static Finding? WantOutput(ReadOnlySpan<byte> output, InferenceCall call, bool isRaw)
    {
        ReadOnlySpan<byte> name = [];
        WireReader reader = new(output);
        while (reader.TryNext())
        {
            if (reader.Is(OutputNameField, WireKind.Bytes))
            {
                name = reader.Bytes;
            }
            else if (reader.Is(OutputParametersField, WireKind.Bytes))
            {
                if (!WireParameter.TryRead(reader.Bytes, out WireParameter parameter))
                {
                    return NoMessage();
                }

                isRaw = parameter.Key.SequenceEqual("binary_data"u8) ? parameter.IsTrue : isRaw;
            }
        }

        if (reader.IsBroken)
        {
            return NoMessage();
        }

        int declared = IndexOf(call.Signature.Outputs, name);
        return declared < 0 ? UnknownTensor(call.Signature.Outputs, name)
            : call.TryWant(declared, isRaw) ? null
            : InferErrors.GrpcRequestInvalid.At(
                $"Output '{call.Signature.Outputs[declared].Name}' is asked for twice.");
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

    /// <summary>What was seen on the way through a message.</summary>
    private ref struct RequestScan
    {
        /// <summary>Index among the declared inputs, in the order of the message.</summary>
        internal Span<int> Order;
        internal int InputCount;
        internal int RawCount;
        internal bool HasContents;

        /// <summary>An input has elements, and they are not in its contents.</summary>
        internal bool HasUnfilled;
    }
}
