using System.Runtime.InteropServices;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Cache;

/// <summary>
/// What an answer depends on, as a hash under a secret of the process: the model, every input to the last bit, which
/// outputs are wanted. Nobody outside can make two requests with one key, so nobody can put a false answer before
/// somebody else.
/// </summary>
/// <param name="A">First 8 bytes of the hash.</param>
/// <param name="B">The last.</param>
public readonly record struct ResponseKey(ulong A, ulong B)
{
    /// <summary>The key of a call.</summary>
    /// <param name="hash">One that nothing was taken in; so it is afterwards.</param>
    /// <param name="model">What tells this model from any other; the same for every call to it.</param>
    /// <param name="call">Its inputs and what it wants.</param>
    public static ResponseKey Of(KeyedHash hash, ReadOnlySpan<byte> model, InferenceCall call)
    {
        Append(hash, model.Length);
        hash.Append(model);
        foreach (Tensor input in call.Inputs)
        {
            Append(hash, (long)input.Type);
            Append(hash, input.Rank);
            hash.Append(MemoryMarshal.AsBytes(input.Shape));
            for (int i = 0; i < input.TextCount; i++)
            {
                Append(hash, input.Text(i).Length);
            }

            Append(hash, input.Bytes.Length);
            hash.Append(input.Bytes);
        }

        // In the order of the model: which outputs are wanted matters, their order does not.
        for (int output = 0; output < call.Outputs.Length; output++)
        {
            if (call.Wanted.Contains(output))
            {
                Append(hash, output);
            }
        }

        (ulong first, ulong second) = hash.Finish();
        return new ResponseKey(first, second);
    }

    private static void Append(KeyedHash hash, long number) =>
        hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in number)));
}
