using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Kedge.Onnx;

namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// The weights of one model file in memory once, and <c>OrtPrepackedWeightsContainer</c>: what the runtime makes of
/// them
/// for its own kernels, once too. Released when the last session that holds it is.
/// </summary>
internal sealed unsafe class OrtWeights : OrtHandle
{
    /// <summary>What vector instructions like best.</summary>
    private const int Alignment = 64;

    private readonly List<nint> _memory = [];

    private OrtWeights(OrtApi api, nint packed)
        : base(api, packed)
    {
    }

    /// <summary><c>OrtPrepackedWeightsContainer</c>.</summary>
    internal nint Packed => Value;

    /// <summary>The weights.</summary>
    internal ImmutableArray<OrtSharedTensor> Tensors { get; private set; } = [];

    /// <summary>Copies the weights of a file that are at least this long.</summary>
    internal static OrtWeights Of(OrtApi api, ReadOnlySpan<byte> file, OnnxModel model, int bytesMin)
    {
        nint packed;
        api.Require(api.CreatePacked(&packed), "make room for shared weights");
        OrtWeights weights = new(api, packed);
        nint memory;
        api.Require(api.CreateCpuMemory(0, 0, &memory), "describe memory");
        using OrtMemoryHandle description = new(api, memory);
        ImmutableArray<OrtSharedTensor>.Builder tensors = ImmutableArray.CreateBuilder<OrtSharedTensor>();
        foreach (OnnxInitializer one in model.Initializers)
        {
            bool lies = !one.IsExternal && one.RawOffset >= 0 && one.ElementType != OnnxElementType.String;
            if (lies && one.Bytes >= bytesMin)
            {
                ReadOnlySpan<byte> raw = file.Slice((int)one.RawOffset, (int)one.Bytes);
                tensors.Add(weights.Copy(api, memory, one, raw));
            }
        }

        weights.Tensors = tensors.ToImmutable();
        return weights;
    }

    protected override bool ReleaseHandle()
    {
        foreach (OrtSharedTensor tensor in Tensors)
        {
            Api.ReleaseValue(tensor.Value);
        }

        Api.ReleasePacked(handle);
        foreach (nint memory in _memory)
        {
            NativeMemory.AlignedFree((void*)memory);
        }

        return true;
    }

    private OrtSharedTensor Copy(OrtApi api, nint memory, OnnxInitializer one, ReadOnlySpan<byte> raw)
    {
        byte* name = Keep(Encoding.UTF8.GetBytes(one.Name + '\0'));
        byte* data = Keep(raw);
        nint value;
        fixed (long* shape = one.Dims.AsSpan())
        {
            api.Require(
                api.CreateTensorWithData(
                    memory, data, (nuint)raw.Length, shape, (nuint)one.Dims.Length, (int)one.ElementType, &value),
                $"share '{one.Name}'");
        }

        return new OrtSharedTensor(name, value);
    }

    private byte* Keep(ReadOnlySpan<byte> bytes)
    {
        byte* room = (byte*)NativeMemory.AlignedAlloc((nuint)bytes.Length, Alignment);
        _memory.Add((nint)room);
        bytes.CopyTo(new Span<byte>(room, bytes.Length));
        return room;
    }
}
