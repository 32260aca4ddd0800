using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.TfLite.Native;

/// <summary>Computes one request at a time. Not thread-safe; any thread may use it, one after the other.</summary>
internal sealed unsafe class TflInterpreter : IDisposable
{
    private readonly TflApi _api;
    private readonly TflInterpreterHandle _handle;
    private bool _isAllocated;

    private TflInterpreter(TflApi api, TflInterpreterHandle handle)
    {
        _api = api;
        _handle = handle;
    }

    /// <summary>Makes one; ends in an error where the library refuses the model or a delegate.</summary>
    internal static TflInterpreter Make(TflApi api, TflModelHandle model, TfLiteSessionOptions options)
    {
        TflDelegates delegates = TflDelegates.Make(options.Delegates);
        nint native = api.CreateOptions();
        TflReports.Begin();
        nint interpreter;
        try
        {
            api.SetThreads(native, options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
            api.SetReporter(native, TflReports.Reporter, null);
            foreach (nint one in delegates.Values)
            {
                api.AddDelegate(native, one);
            }

            interpreter = api.CreateInterpreter(model.Value, native);
        }
        finally
        {
            api.DeleteOptions(native);
        }

        if (interpreter == 0)
        {
            delegates.Release();
            throw new KedgeException(
                options.Delegates.IsEmpty ? ServeErrors.ModelLoadFailed : ServeErrors.DelegateUnusable,
                $"make an interpreter: {TflReports.Words("the library does not say why not")}");
        }

        return new TflInterpreter(api, new TflInterpreterHandle(api, interpreter, model, delegates));
    }

    /// <summary>What the model takes and gives, read once.</summary>
    internal ModelSignature ReadSignature()
    {
        TflReports.Begin();
        _isAllocated = _api.Allocate(_handle.Value) == 0;
        return _isAllocated
            ? new TflSignature(_api, _handle.Value).Read()
            : throw new KedgeException(
                ServeErrors.ModelLoadFailed,
                $"make room for tensors: {TflReports.Words("the library does not say why not")}");
    }

    /// <summary>Computes the wanted outputs.</summary>
    internal Finding? Run(InferenceCall call, ModelSignature signature)
    {
        TflReports.Begin();
        return FitShapes(call) ?? PutInputs(call) ?? Invoke() ?? TakeOutputs(call, signature);
    }

    public void Dispose() => _handle.Dispose();

    private Finding? FitShapes(InferenceCall call)
    {
        int* extents = stackalloc int[InferenceLimits.RankMax];
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            Tensor tensor = call.Inputs[i];
            if (HasShape(_api.GetInput(_handle.Value, i), tensor.Shape))
            {
                continue;
            }

            _isAllocated = false;
            for (int d = 0; d < tensor.Rank; d++)
            {
                extents[d] = (int)Math.Min(tensor.Shape[d], int.MaxValue);
            }

            if (_api.ResizeInput(_handle.Value, i, extents, tensor.Rank) != 0)
            {
                return InferErrors.ShapeMismatch.At(TflReports.Words("An input cannot have this shape."));
            }
        }

        _isAllocated = _isAllocated || _api.Allocate(_handle.Value) == 0;
        return _isAllocated
            ? null
            : InferErrors.ShapeMismatch.At(TflReports.Words("The shapes do not fit each other."));
    }

    private Finding? PutInputs(InferenceCall call)
    {
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            Tensor tensor = call.Inputs[i];
            nint native = _api.GetInput(_handle.Value, i);
            if (tensor.Type == TensorType.Bytes)
            {
                TflTexts.Put(_api, native, tensor);
            }
            else if (_api.GetByteCount(native) == (nuint)tensor.Bytes.Length)
            {
                tensor.Bytes.CopyTo(new Span<byte>(_api.GetElements(native), tensor.Bytes.Length));
            }
            else
            {
                return InferErrors.ShapeMismatch.At($"Input '{tensor.Name}' has another size than the model's.");
            }
        }

        return null;
    }

    /// <summary>
    /// What a model remembers between runs is forgotten first: requests come from anybody, and meet any interpreter.
    /// </summary>
    private Finding? Invoke() => _api.ResetVariables(_handle.Value) == 0 && _api.Invoke(_handle.Value) == 0
        ? null
        : InferErrors.RunFailed.At(TflReports.Words("The library does not say why."));

    private Finding? TakeOutputs(InferenceCall call, ModelSignature signature)
    {
        for (int i = 0; i < call.WantedCount; i++)
        {
            int index = call.Wanted[i];
            Finding? fault = TakeOutput(
                call.Outputs[index], signature.Outputs[index].Name, _api.GetOutput(_handle.Value, index));
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private Finding? TakeOutput(Tensor tensor, string name, nint native)
    {
        TensorType type = TflTypes.FromNative(_api.GetElementType(native));
        int rank = _api.GetRank(native);
        if (type == TensorType.Unknown || rank is < 0 or > InferenceLimits.RankMax)
        {
            return InferErrors.TypeInexpressible.At($"Output '{name}' cannot be carried.");
        }

        Span<long> shape = stackalloc long[rank];
        for (int i = 0; i < rank; i++)
        {
            shape[i] = _api.GetExtent(native, i);
        }

        tensor.Begin(name, type);
        if (!tensor.TryShape(shape))
        {
            return InferErrors.TooLarge.At($"Output '{name}' is larger than 2 GB.");
        }

        if (type == TensorType.Bytes)
        {
            return TflTexts.Take(_api, native, tensor);
        }

        if (_api.GetByteCount(native) < (nuint)tensor.Bytes.Length)
        {
            return InferErrors.RunFailed.At($"Output '{name}' is shorter than its shape.");
        }

        new ReadOnlySpan<byte>(_api.GetElements(native), tensor.Bytes.Length).CopyTo(tensor.Bytes);
        return null;
    }

    private bool HasShape(nint native, ReadOnlySpan<long> shape)
    {
        if (_api.GetRank(native) != shape.Length)
        {
            return false;
        }

        for (int i = 0; i < shape.Length; i++)
        {
            if (_api.GetExtent(native, i) != shape[i])
            {
                return false;
            }
        }

        return true;
    }
}
