using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Sessions;

/// <summary>
/// The memory of one request to one model, used again for the next: inputs, wanted outputs, results. Index i of
/// <see cref="Inputs"/> and <see cref="Outputs"/> is index i of the signature. Not thread-safe.
/// </summary>
public sealed class InferenceCall
{
    private readonly byte[] _id = new byte[InferenceLimits.IdBytesMax];
    private readonly int[] _wanted;
    private readonly bool[] _binary;
    private readonly bool[] _given;

    /// <summary>Memory for calls to a model of this signature.</summary>
    public InferenceCall(ModelSignature signature)
        : this(
            signature,
            [.. signature.Inputs.Select(static _ => new Tensor())],
            [.. signature.Outputs.Select(static _ => new Tensor())])
    {
    }

    /// <summary>A call on tensors that somebody else holds: one for each that the signature declares.</summary>
    public InferenceCall(ModelSignature signature, ImmutableArray<Tensor> inputs, ImmutableArray<Tensor> outputs)
    {
        Check.That(inputs.Length == signature.Inputs.Length);
        Check.That(outputs.Length == signature.Outputs.Length);
        Signature = signature;
        Extensions = new RequestExtensions(signature);
        Inputs = inputs;
        Outputs = outputs;
        _wanted = new int[signature.Outputs.Length];
        _binary = new bool[signature.Outputs.Length];
        _given = new bool[signature.Inputs.Length];
    }

    /// <summary>What the model takes and gives.</summary>
    public ModelSignature Signature { get; }

    /// <summary>One tensor per declared input, all filled before a run.</summary>
    public ImmutableArray<Tensor> Inputs { get; }

    /// <summary>One tensor per declared output; a run fills those that are wanted.</summary>
    public ImmutableArray<Tensor> Outputs { get; }

    /// <summary>What the request says beyond its tensors.</summary>
    public RequestExtensions Extensions { get; }

    /// <summary>Indices of the outputs to compute, in the order of the answer.</summary>
    public ReadOnlySpan<int> Wanted => _wanted.AsSpan(0, WantedCount);

    /// <summary>Number of outputs to compute.</summary>
    public int WantedCount { get; private set; }

    /// <summary>The request's id in UTF-8; empty when it has none.</summary>
    public ReadOnlySpan<byte> Id => _id.AsSpan(0, IdByteCount);

    /// <summary>Length of the id in bytes.</summary>
    public int IdByteCount { get; private set; }

    /// <summary>Ends a run of this call before its time.</summary>
    public RunStop Stop { get; internal set; } = new();

    /// <summary>
    /// What a driver keeps for its next run of this call, so that it need not make it anew. Only the kind of driver
    /// that made it may look at it; it gives back by itself what it holds outside of managed memory.
    /// </summary>
    public object? Kept { get; set; }

    /// <summary>True when this output goes out as binary data.</summary>
    public bool IsBinary(int output) => _binary[output];

    /// <summary>True when this input was given.</summary>
    public bool IsGiven(int input) => _given[input];

    /// <summary>Makes it ready for the next request.</summary>
    public void Clear()
    {
        WantedCount = 0;
        IdByteCount = 0;
        Stop.Clear();
        Extensions.Clear();
        Array.Clear(_binary);
        Array.Clear(_given);
    }

    /// <summary>Marks an input as given; false when it was already.</summary>
    public bool TryGive(int input)
    {
        bool first = !_given[input];
        _given[input] = true;
        return first;
    }

    /// <summary>Wants an output; false when it was wanted already.</summary>
    public bool TryWant(int output, bool binary)
    {
        if (Wanted.Contains(output))
        {
            return false;
        }

        _wanted[WantedCount++] = output;
        _binary[output] = binary;
        return true;
    }

    /// <summary>Says how an output that is wanted already goes out.</summary>
    public void SetBinary(int output, bool binary) => _binary[output] = binary;

    /// <summary>
    /// What goes into the answer for this output: its elements, or its classes where those were asked for.
    /// </summary>
    public Tensor AnswerOf(int output) =>
        Extensions.ClassesOf(output) > 0 ? Extensions.ClassifiedOf(output) : Outputs[output];

    /// <summary>Wants every output that the model declares.</summary>
    public void WantAll(bool binary)
    {
        WantedCount = 0;
        for (int i = 0; i < _wanted.Length; i++)
        {
            TryWant(i, binary);
        }
    }

    /// <summary>Room for an id of this many bytes, to be filled at once.</summary>
    public Span<byte> StartId(int byteCount)
    {
        Check.That(byteCount <= _id.Length);
        IdByteCount = byteCount;
        return _id.AsSpan(0, byteCount);
    }

    /// <summary>Cuts the id down to what was really written.</summary>
    public void ShrinkId(int byteCount)
    {
        Check.That(byteCount <= IdByteCount);
        IdByteCount = byteCount;
    }

    /// <summary>
    /// Gives memory back where a tensor holds more than this many bytes, and everything that is shared.
    /// </summary>
    public void Trim(int keepBytesMax)
    {
        Extensions.Clear();
        foreach (Tensor tensor in Inputs)
        {
            tensor.Trim(keepBytesMax);
        }

        foreach (Tensor tensor in Outputs)
        {
            tensor.Trim(keepBytesMax);
        }
    }
}
