using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Onnx.Native;

/// <summary>A loaded model: makes it, reads its signature, runs it. No native pointer leaves this folder.</summary>
internal sealed unsafe class OrtSession : IDisposable
{
    private readonly OrtApi _api;
    private readonly OrtSessionHandle _session;
    private readonly OrtMemoryHandle _memory;
    private readonly nint _allocator;
    private readonly byte** _inputNames;
    private readonly byte** _outputNames;

    private OrtSession(OrtApi api, OrtSessionHandle session)
    {
        nint memory;
        nint allocator;
        _api = api;
        _session = session;
        api.Require(api.CreateCpuMemory(0, 0, &memory), "describe memory");
        _memory = new OrtMemoryHandle(api, memory);
        api.Require(api.GetAllocator(&allocator), "get the allocator");
        _allocator = allocator;
        Signature = new ModelSignature(ReadSpecs(inputs: true), ReadSpecs(inputs: false));
        _inputNames = CopyNames(Signature.Inputs);
        _outputNames = CopyNames(Signature.Outputs);
    }

    internal ModelSignature Signature { get; }

    internal static OrtSession FromFile(string path, OnnxSessionOptions options)
    {
        OrtApi api = OrtApi.Load(options.LibraryPath);
        OrtEnvHandle env = OrtEnvHandle.Shared(api);
        using OrtOptionsHandle native = MakeOptions(api, options);
        nint session;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            api.Require(api.CreateSession(env.Value, text, native.Value, &session), $"load {path}");
        }

        return new OrtSession(api, new OrtSessionHandle(api, session));
    }

    internal static OrtSession FromBytes(ReadOnlySpan<byte> model, OnnxSessionOptions options)
    {
        OrtApi api = OrtApi.Load(options.LibraryPath);
        OrtEnvHandle env = OrtEnvHandle.Shared(api);
        using OrtOptionsHandle native = MakeOptions(api, options);
        nint session;
        fixed (byte* start = model)
        {
            nint status = api.CreateSessionFromArray(env.Value, start, (nuint)model.Length, native.Value, &session);
            api.Require(status, "load a model from memory");
        }

        return new OrtSession(api, new OrtSessionHandle(api, session));
    }

    /// <summary>See <see cref="IInferenceSession.Run"/>.</summary>
    internal Finding? Run(InferenceCall call)
    {
        bool held = false;
        _session.DangerousAddRef(ref held);
        int inputCount = call.Inputs.Length;
        nint* inputs = stackalloc nint[inputCount];
        nint* outputs = stackalloc nint[call.WantedCount];
        byte** names = stackalloc byte*[call.WantedCount];
        new Span<nint>(inputs, inputCount).Clear();
        new Span<nint>(outputs, call.WantedCount).Clear();
        try
        {
            for (int i = 0; i < call.WantedCount; i++)
            {
                names[i] = _outputNames[call.Wanted[i]];
            }

            for (int i = 0; i < inputCount; i++)
            {
                Finding? fault = _api.Judge(MakeValue(call.Inputs[i], &inputs[i]));
                if (fault is not null)
                {
                    return fault;
                }
            }

            nint status = _api.Run(
                _session.Value, 0, _inputNames, inputs, (nuint)inputCount, names, (nuint)call.WantedCount, outputs);
            return _api.Judge(status) ?? TakeOutputs(call, outputs);
        }
        finally
        {
            Release(inputs, inputCount);
            Release(outputs, call.WantedCount);
            _session.DangerousRelease();
        }
    }

    public void Dispose()
    {
        // The names stay until the process ends or the collector comes: a run may still hold the session.
        _session.Dispose();
        _memory.Dispose();
    }

    ~OrtSession()
    {
        FreeNames(_inputNames, Signature?.Inputs.Length ?? 0);
        FreeNames(_outputNames, Signature?.Outputs.Length ?? 0);
    }

    private static OrtOptionsHandle MakeOptions(OrtApi api, OnnxSessionOptions options)
    {
        nint value;
        api.Require(api.CreateSessionOptions(&value), "create session options");
        OrtOptionsHandle handle = new(api, value);
        api.Require(api.SetIntraOpThreads(value, options.IntraOpThreads), "set the number of threads");
        api.Require(api.SetGraphOptimization(value, NativeLevel(options.GraphLevel)), "set the optimization");
        if (options.SavesGraphTo is not null)
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(options.SavesGraphTo + '\0'))
            {
                api.Require(api.SetOptimizedModelPath(value, path), "set where the graph is written");
            }
        }

        if (!options.UseArena)
        {
            api.Require(api.DisableCpuMemArena(value), "turn the arena off");
            api.Require(api.DisableMemPattern(value), "turn memory patterns off");
        }

        fixed (byte* key = "session.intra_op.allow_spinning\0"u8)
        fixed (byte* text = options.AllowSpinning ? "1\0"u8 : "0\0"u8)
        {
            api.Require(api.AddConfigEntry(value, key, text), "set spinning");
        }

        return handle;
    }

    /// <summary><c>GraphOptimizationLevel</c> of onnxruntime_c_api.h.</summary>
    private static int NativeLevel(OnnxGraphLevel level) => level switch
    {
        OnnxGraphLevel.None => 0,
        OnnxGraphLevel.Basic => 1,
        OnnxGraphLevel.Extended => 2,
        OnnxGraphLevel.All => 99,
        OnnxGraphLevel.Unknown => throw Check.Unreachable(level),
    };

    private ImmutableArray<TensorSpec> ReadSpecs(bool inputs)
    {
        nuint count;
        _api.Require((inputs ? _api.GetInputCount : _api.GetOutputCount)(_session.Value, &count), "count tensors");
        if (count > InferenceLimits.TensorsMax)
        {
            throw new KedgeException(ServeErrors.ModelLoadFailed, "The model declares more than 256 tensors.");
        }

        ImmutableArray<TensorSpec>.Builder specs = ImmutableArray.CreateBuilder<TensorSpec>((int)count);
        for (nuint i = 0; i < count; i++)
        {
            byte* text;
            nint type;
            _api.Require(
                (inputs ? _api.GetInputName : _api.GetOutputName)(_session.Value, i, _allocator, &text), "read a name");
            string name = Marshal.PtrToStringUTF8((nint)text) ?? "";
            _api.Require(_api.Free(_allocator, text), "free a name");
            _api.Require(
                (inputs ? _api.GetInputType : _api.GetOutputType)(_session.Value, i, &type),
                $"read the type of {name}");
            try
            {
                specs.Add(ReadSpec(name, type));
            }
            finally
            {
                _api.ReleaseType(type);
            }
        }

        return specs.MoveToImmutable();
    }

    private TensorSpec ReadSpec(string name, nint type)
    {
        int kind;
        int element = 0;
        nint tensor = 0;
        nuint rank = 0;
        long* shape = stackalloc long[InferenceLimits.RankMax];
        _api.Require(_api.GetKindOfType(type, &kind), $"read the kind of {name}");
        if (kind == OrtTypes.KindTensor)
        {
            _api.Require(_api.CastToTensorInfo(type, &tensor), $"read the type of {name}");
            _api.Require(_api.GetElementType(tensor, &element), $"read the element type of {name}");
            _api.Require(_api.GetRank(tensor, &rank), $"read the rank of {name}");
        }

        TensorType read = OrtTypes.FromNative(element);
        if (kind != OrtTypes.KindTensor || read == TensorType.Unknown || rank > InferenceLimits.RankMax)
        {
            throw new KedgeException(InferErrors.TypeInexpressible, string.Create(
                CultureInfo.InvariantCulture, $"'{name}' is of kind {kind}, element type {element}, rank {rank}."));
        }

        _api.Require(_api.GetShape(tensor, shape, rank), $"read the shape of {name}");
        return new TensorSpec(name, read, [.. new ReadOnlySpan<long>(shape, (int)rank)], HasShape: rank > 0);
    }

    private nint MakeValue(Tensor tensor, nint* value)
    {
        int type = OrtTypes.ToNative(tensor.Type);
        fixed (long* shape = tensor.Shape)
        {
            if (tensor.Type == TensorType.Bytes)
            {
                nint status = _api.CreateTensor(_allocator, shape, (nuint)tensor.Rank, type, value);
                return status != 0 ? status : FillTexts(tensor, *value);
            }

            // The memory is pinned for its life, so the pointer stays good until the value is released.
            long nothing;
            fixed (byte* start = tensor.Bytes)
            {
                void* data = start is null ? &nothing : start;
                return _api.CreateTensorWithData(
                    _memory.Value, data, (nuint)tensor.Bytes.Length, shape, (nuint)tensor.Rank, type, value);
            }
        }
    }

    private nint FillTexts(Tensor tensor, nint value)
    {
        for (int i = 0; i < tensor.TextCount; i++)
        {
            byte* room;
            ReadOnlySpan<byte> text = tensor.Text(i);
            nint status = _api.ResizeText(value, (nuint)i, (nuint)text.Length, &room);
            if (status != 0)
            {
                return status;
            }

            text.CopyTo(new Span<byte>(room, text.Length));
        }

        return 0;
    }

    private Finding? TakeOutputs(InferenceCall call, nint* values)
    {
        for (int i = 0; i < call.WantedCount; i++)
        {
            int index = call.Wanted[i];
            Finding? fault = TakeOutput(call.Outputs[index], Signature.Outputs[index].Name, values[i]);
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private Finding? TakeOutput(Tensor tensor, string name, nint value)
    {
        nint about;
        Finding? fault = _api.Judge(_api.GetTypeAndShape(value, &about));
        if (fault is not null)
        {
            return fault;
        }

        int element = 0;
        nuint rank = 0;
        long* shape = stackalloc long[InferenceLimits.RankMax];
        fault = _api.Judge(_api.GetElementType(about, &element)) ?? _api.Judge(_api.GetRank(about, &rank));
        if (fault is null && rank <= InferenceLimits.RankMax)
        {
            fault = _api.Judge(_api.GetShape(about, shape, rank));
        }

        _api.ReleaseTypeAndShape(about);
        TensorType type = OrtTypes.FromNative(element);
        if (fault is not null || type == TensorType.Unknown || rank > InferenceLimits.RankMax)
        {
            return fault ?? InferErrors.TypeInexpressible.At($"Output '{name}' cannot be carried.");
        }

        tensor.Begin(name, type);
        if (!tensor.TryShape(new ReadOnlySpan<long>(shape, (int)rank)))
        {
            return InferErrors.TooLarge.At($"Output '{name}' is larger than 2 GB.");
        }

        return type == TensorType.Bytes ? TakeTexts(tensor, value) : TakeNumbers(tensor, value);
    }

    private Finding? TakeNumbers(Tensor tensor, nint value)
    {
        void* data;
        Finding? fault = _api.Judge(_api.GetTensorData(value, &data));
        if (fault is null && tensor.Bytes.Length > 0)
        {
            new ReadOnlySpan<byte>(data, tensor.Bytes.Length).CopyTo(tensor.Bytes);
        }

        return fault;
    }

    private Finding? TakeTexts(Tensor tensor, nint value)
    {
        for (int i = 0; i < tensor.ElementCount; i++)
        {
            nuint length;
            Finding? fault = _api.Judge(_api.GetTextLength(value, (nuint)i, &length));
            if (fault is not null || (long)length > InferenceLimits.TensorBytesMax - tensor.Bytes.Length)
            {
                return fault ?? InferErrors.TooLarge.At($"Output '{tensor.Name}' is larger than 2 GB.");
            }

            byte nothing;
            fixed (byte* room = tensor.AppendText((int)length))
            {
                fault = _api.Judge(_api.GetText(value, length, (nuint)i, room is null ? &nothing : room));
            }

            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private void Release(nint* values, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (values[i] != 0)
            {
                _api.ReleaseValue(values[i]);
            }
        }
    }

    private static byte** CopyNames(ImmutableArray<TensorSpec> specs)
    {
        byte** names = (byte**)NativeMemory.AllocZeroed((nuint)specs.Length + 1, (nuint)sizeof(nint));
        for (int i = 0; i < specs.Length; i++)
        {
            ReadOnlySpan<byte> text = specs[i].NameUtf8.AsSpan();
            names[i] = (byte*)NativeMemory.AllocZeroed((nuint)text.Length + 1);
            text.CopyTo(new Span<byte>(names[i], text.Length));
        }

        return names;
    }

    private static void FreeNames(byte** names, int count)
    {
        for (int i = 0; names is not null && i < count; i++)
        {
            NativeMemory.Free(names[i]);
        }

        NativeMemory.Free(names);
    }
}
