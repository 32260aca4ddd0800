using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Grpc;

/// <summary>Reads what an inference request asks for beside its tensors, with the bounds and errors of REST.</summary>
internal static class GrpcParameters
{
    /// <summary>Reads one entry of the request's map.</summary>
    /// <param name="entry">The message.</param>
    /// <param name="extensions">Take priority and timeout.</param>
    /// <param name="isRaw">
    /// How outputs go that say nothing themselves: as <c>raw_output_contents</c>, as Triton answers always, unless
    /// <c>binary_data_output</c> is false.
    /// </param>
    internal static Finding? Read(ReadOnlySpan<byte> entry, RequestExtensions extensions, ref bool isRaw)
    {
        if (!WireParameter.TryRead(entry, out WireParameter parameter))
        {
            return GrpcRequestReader.NoMessage();
        }

        if (parameter.Key.SequenceEqual("binary_data_output"u8))
        {
            isRaw = parameter.IsTrue;
        }
        else if (parameter.Key.SequenceEqual("priority"u8))
        {
            bool found = parameter.TryCount(out long priority) && priority <= int.MaxValue;
            extensions.Priority = found ? (int)priority : 0;
            return found ? null : NoCount("priority");
        }
        else if (parameter.Key.SequenceEqual("timeout"u8))
        {
            bool found = parameter.TryCount(out long timeout);
            extensions.TimeoutUs = found ? Math.Min(timeout, InferenceLimits.TimeoutUsMax) : 0;
            return found ? null : NoCount("timeout");
        }
        else if (parameter.Key.SequenceEqual("sequence_id"u8)
            || parameter.Key.SequenceEqual("sequence_start"u8)
            || parameter.Key.SequenceEqual("sequence_end"u8))
        {
            // Clients send 0, "" and false where they mean that there is no sequence.
            bool isNone = parameter.TryCount(out long id) ? id == 0 : parameter.Text.IsEmpty && !parameter.IsTrue;
            return isNone ? null : InferErrors.SequenceUnsupported.At("Every request is computed by itself.");
        }

        return null;
    }

    internal static Finding NoCount(string name) =>
        InferErrors.ParameterInvalid.At($"'{name}' must be a whole number from 0.");
}
