using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// What the runtime needs for one call, kept between its runs: values on the tensors' own memory, the switch that ends
/// a
/// run, and which shapes came out for which shapes that went in. It belongs to the call, not to a session, and is given
/// back when the call is collected. Not thread-safe, but for the switch.
/// </summary>
internal sealed unsafe class OrtRunMemory : CriticalFinalizerObject
{
    private readonly OrtApi _api;
    private readonly KnownShape[] _inputShapes;
    private readonly KnownShape[] _outputShapes;
    private readonly void* _nothing;
    private GCHandle _ending;

    private OrtRunMemory(OrtApi api, InferenceCall call)
    {
        _api = api;
        Inputs = Make(call.Inputs.Length, () => new OrtSlot(api));
        Outputs = Make(call.Outputs.Length, () => new OrtSlot(api));
        _inputShapes = Make(call.Inputs.Length, static () => new KnownShape());
        _outputShapes = Make(call.Outputs.Length, static () => new KnownShape());
        _nothing = NativeMemory.AllocZeroed(sizeof(long));
        End = Terminate;
        nint options;
        api.Require(api.CreateRunOptions(&options), "create run options");
        Options = options;
    }

    /// <summary>Values of the inputs, by their index in the signature.</summary>
    internal OrtSlot[] Inputs { get; }

    /// <summary>Values of the outputs, by their index in the signature.</summary>
    internal OrtSlot[] Outputs { get; }

    /// <summary><c>OrtRunOptions</c>.</summary>
    internal nint Options { get; }

    /// <summary>Ends the run that is under way.</summary>
    internal Action End { get; }

    /// <summary>
    /// Where its caller waits while a thread of the pool leads its run; made when it is first asked for.
    /// </summary>
    internal OrtEnding Ending(out nint handle)
    {
        if (!_ending.IsAllocated)
        {
            _ending = GCHandle.Alloc(new OrtEnding());
        }

        handle = GCHandle.ToIntPtr(_ending);
        return (OrtEnding)_ending.Target!; // Allocated above.
    }

    /// <summary>That of a call, made at its first run.</summary>
    internal static OrtRunMemory Of(OrtApi api, InferenceCall call)
    {
        if (call.Kept is not OrtRunMemory memory)
        {
            memory = new OrtRunMemory(api, call);
            call.Kept = memory;
        }

        return memory;
    }

    /// <summary>The value of a tensor of numbers, made anew only where the tensor moved or changed.</summary>
    /// <returns>The native status.</returns>
    internal nint Lay(OrtSlot slot, nint memory, Tensor tensor) =>
        slot.Fits(tensor) ? 0 : slot.Lay(memory, tensor, _nothing);

    /// <summary>The shape that this output had when the inputs had the shapes that they have now; null when unknown.
    /// </summary>
    internal KnownShape? ShapeOf(int output) => _outputShapes[output].IsKnown ? _outputShapes[output] : null;

    /// <summary>Forgets the shapes of outputs where those of the inputs are others now.</summary>
    internal void LookAtInputs(InferenceCall call)
    {
        bool same = true;
        for (int i = 0; i < _inputShapes.Length; i++)
        {
            if (!_inputShapes[i].Is(call.Inputs[i].Shape))
            {
                _inputShapes[i].Set(call.Inputs[i].Shape);
                same = false;
            }
        }

        if (!same)
        {
            ForgetOutputs();
        }
    }

    /// <summary>Forgets what came out.</summary>
    internal void ForgetOutputs()
    {
        foreach (KnownShape shape in _outputShapes)
        {
            shape.Forget();
        }
    }

    /// <summary>Keeps the shape that came out.</summary>
    internal void Learn(int output, ReadOnlySpan<long> shape) => _outputShapes[output].Set(shape);

    /// <summary>Makes the switch good for the next run.</summary>
    internal void Rearm() => _api.ReleaseIfAny(_api.UnsetTerminate(Options));

    private void Terminate() => _api.ReleaseIfAny(_api.SetTerminate(Options));

    private static T[] Make<T>(int count, Func<T> one)
    {
        T[] all = new T[count];
        for (int i = 0; i < count; i++)
        {
            all[i] = one();
        }

        return all;
    }

    ~OrtRunMemory()
    {
        foreach (OrtSlot slot in (OrtSlot[])[.. Inputs ?? [], .. Outputs ?? []])
        {
            slot.Release();
        }

        if (Options != 0)
        {
            _api.ReleaseRunOptions(Options);
        }

        if (_ending.IsAllocated)
        {
            _ending.Free();
        }

        NativeMemory.Free(_nothing);
    }
}
