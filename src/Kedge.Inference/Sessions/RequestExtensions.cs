using Kedge.Inference.Regions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Sessions;

/// <summary>
/// What a request says beyond its tensors in the words of Triton's extensions: priority, timeout, classification,
/// shared memory. Part of a call, used again with it. Every front end fills it in the same way.
/// </summary>
public sealed class RequestExtensions
{
    private readonly int[] _classes;
    private readonly Tensor?[] _classified;
    private readonly RegionPart?[] _places;
    private readonly bool[] _saysBinary;
    private readonly SharedRegion?[] _held;
    private int _heldCount;

    internal RequestExtensions(ModelSignature signature)
    {
        _classes = new int[signature.Outputs.Length];
        _classified = new Tensor?[signature.Outputs.Length];
        _places = new RegionPart?[signature.Outputs.Length];
        _saysBinary = new bool[signature.Outputs.Length];
        _held = new SharedRegion?[signature.Inputs.Length + signature.Outputs.Length + 1];
    }

    /// <summary>
    /// Before others when smaller, 1 or more; 0 for what the model gives to requests that say nothing.
    /// </summary>
    public int Priority { get; set; }

    /// <summary>
    /// How long it may wait before it is computed, in microseconds; 0 for as long as the model allows.
    /// </summary>
    public long TimeoutUs { get; set; }

    /// <summary>
    /// True takes floating-point inputs from shared memory where they lie. False copies them first, for a model whose
    /// answers are kept: the client could change them after they were looked up.
    /// </summary>
    public bool BorrowsInputs { get; set; } = true;

    /// <summary>True when the request says anything of an output.</summary>
    public bool HasOutputs { get; private set; }

    /// <summary>True when a tensor of the request lies in shared memory.</summary>
    public bool HoldsMemory => _heldCount > 0;

    /// <summary>How many classes of this output are wanted instead of its elements; 0 for the elements.</summary>
    public int ClassesOf(int output) => _classes[output];

    /// <summary>Wants the highest elements of this output by their index.</summary>
    /// <param name="output">Index in the signature.</param>
    /// <param name="count">How many, 1 or more.</param>
    public void Classify(int output, int count)
    {
        _classes[output] = count;
        HasOutputs = true;
    }

    /// <summary>Where in shared memory this output goes; null for into the answer.</summary>
    public RegionPart? PlaceOf(int output) => _places[output];

    /// <summary>Sends this output to shared memory, which is already held by <see cref="Use"/>.</summary>
    public void Place(int output, RegionPart part)
    {
        _places[output] = part;
        HasOutputs = true;
    }

    /// <summary>Finds a region and holds it until the call is cleared; null when there is none.</summary>
    /// <param name="table">Where to look.</param>
    /// <param name="nameUtf8">Its name.</param>
    public SharedRegion? Use(RegionTable table, ReadOnlySpan<byte> nameUtf8)
    {
        if (_heldCount == _held.Length)
        {
            return null;
        }

        SharedRegion? region = table.Hold(nameUtf8);
        if (region is not null)
        {
            _held[_heldCount++] = region;
        }

        return region;
    }

    /// <summary>True where the request says for this output itself whether it goes out as binary data.</summary>
    internal bool SaysBinary(int output) => _saysBinary[output];

    /// <summary>Takes what the request says of one output.</summary>
    internal void Take(int output, bool saysBinary, int classes, RegionPart? place)
    {
        if (saysBinary || classes > 0 || place is not null)
        {
            HasOutputs = true;
            _saysBinary[output] = saysBinary;
            _classes[output] = classes;
            _places[output] = place;
        }
    }

    /// <summary>Where the classes of this output are written.</summary>
    internal Tensor ClassifiedOf(int output) => _classified[output] ??= new Tensor();

    /// <summary>Makes it ready for the next request and lets go of every region.</summary>
    internal void Clear()
    {
        Priority = 0;
        TimeoutUs = 0;
        if (HasOutputs)
        {
            HasOutputs = false;
            Array.Clear(_classes);
            Array.Clear(_places);
            Array.Clear(_saysBinary);
        }

        for (int i = 0; i < _heldCount; i++)
        {
            _held[i]?.Release();
            _held[i] = null;
        }

        _heldCount = 0;
    }
}
