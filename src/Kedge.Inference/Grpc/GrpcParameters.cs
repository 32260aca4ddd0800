using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Grpc;

/// <summary>What an inference request asks for beside its tensors.</summary>
public struct GrpcParameters
{
    /// <summary>Before others when smaller, 1 or more; 0 when it says nothing.</summary>
    public int Priority { readonly get; private set; }

    /// <summary>How long it may wait before it is computed, in microseconds; 0 when it says nothing.</summary>
    public long TimeoutUs { readonly get; private set; }

    /// <summary>
    /// Outputs go as <c>raw_output_contents</c>, as Triton answers always; false where <c>binary_data_output</c> is
    /// false, which asks for numbers that a person can read.
    /// </summary>
    public bool IsRaw { readonly get; internal set; }

    /// <summary>Reads one entry of the request's map.</summary>
    internal Finding? Read(ReadOnlySpan<byte> entry)
    {
        if (!WireParameter.TryRead(entry, out WireParameter parameter))
        {
            return GrpcRequestReader.NoMessage();
        }

        if (parameter.Key.SequenceEqual("binary_data_output"u8))
        {
            IsRaw = parameter.IsTrue;
        }
        else if (parameter.Key.SequenceEqual("priority"u8))
        {
            bool found = parameter.TryCount(out long priority) && priority <= int.MaxValue;
            Priority = found ? (int)priority : 0;
            return found ? null : Invalid("'priority' must be a whole number from 0.");
        }
        else if (parameter.Key.SequenceEqual("timeout"u8))
        {
            bool found = parameter.TryCount(out long timeout);
            TimeoutUs = found ? timeout : 0;
            return found ? null : Invalid("'timeout' must be a whole number of microseconds from 0.");
        }
        else if (parameter.Key.SequenceEqual("sequence_id"u8))
        {
            // 0 and the empty text stand for no sequence, and clients send them always.
            bool isNone = parameter.TryCount(out long id) ? id == 0 : parameter.Text.IsEmpty;
            return isNone ? null : Invalid("There are no models with state here: 'sequence_id' is not taken.");
        }

        return null;
    }

    private static Finding Invalid(string message) => InferErrors.GrpcRequestInvalid.At(message);
}
