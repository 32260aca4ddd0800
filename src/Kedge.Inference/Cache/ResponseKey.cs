using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Cache;

/// <summary>
/// What an answer depends on, as SHA-256: the model, every input to the last bit, which outputs are wanted. Nobody can
/// make two requests with one key, so nobody can put a false answer before somebody else.
/// </summary>
/// <param name="A">First 8 bytes of the digest.</param>
/// <param name="B">The next.</param>
/// <param name="C">The next.</param>
/// <param name="D">The last.</param>
public readonly record struct ResponseKey(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>The key of a call.</summary>
    /// <param name="hash">SHA-256 that was reset; it is reset again afterwards.</param>
    /// <param name="model">What tells this model from any other; the same for every call to it.</param>
    /// <param name="call">Its inputs and what it wants.</param>
    public static ResponseKey Of(IncrementalHash hash, ReadOnlySpan<byte> model, InferenceCall call)
    {
        Append(hash, model.Length);
        hash.AppendData(model);
        foreach (Tensor input in call.Inputs)
        {
            Append(hash, (long)input.Type);
            Append(hash, input.Rank);
            hash.AppendData(MemoryMarshal.AsBytes(input.Shape));
            for (int i = 0; i < input.TextCount; i++)
            {
                Append(hash, input.Text(i).Length);
            }

            Append(hash, input.Bytes.Length);
            hash.AppendData(input.Bytes);
        }

        // In the order of the model: which outputs are wanted matters, their order does not.
        for (int output = 0; output < call.Outputs.Length; output++)
        {
            if (call.Wanted.Contains(output))
            {
                Append(hash, output);
            }
        }

        Span<ulong> digest = stackalloc ulong[4];
        hash.GetHashAndReset(MemoryMarshal.AsBytes(digest));
        return new ResponseKey(digest[0], digest[1], digest[2], digest[3]);
    }

    private static void Append(IncrementalHash hash, long number) =>
        hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in number)));
}
