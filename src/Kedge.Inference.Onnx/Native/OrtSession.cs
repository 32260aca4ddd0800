using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Onnx.Native;

/// <summary>A loaded model: makes it, reads its signature, runs it. No native pointer leaves this folder.</summary>
internal sealed unsafe class OrtSession : IDisposable
{
    private static readonly OrtSeats CallerSeats = new();

    private readonly OrtApi _api;
    private readonly OrtSessionHandle _session;
    private readonly nint _allocator;
    private readonly NativeTexts _inputNames;
    private readonly NativeTexts _outputNames;
    private readonly KnownShape?[] _declared;
    private readonly OrtLead _lead;
    private readonly Stack<OrtLoan> _loans = new();
    private volatile bool _shapesVary;

    private OrtSession(OrtApi api, OrtSessionHandle session, OnnxSessionOptions options)
    {
        nint memory;
        nint allocator;
        _api = api;
        _session = session;
        api.Require(api.CreateCpuMemory(0, 0, &memory), "describe memory");
        session.Memory = new OrtMemoryHandle(api, memory);
        api.Require(api.GetAllocator(&allocator), "get the allocator");
        _allocator = allocator;
        Signature = OrtSignature.Read(api, session.Value, allocator);
        _inputNames = new NativeTexts([.. Signature.Inputs.Select(static tensor => tensor.Name)]);
        _outputNames = new NativeTexts([.. Signature.Outputs.Select(static tensor => tensor.Name)]);
        _declared = [.. Signature.Outputs.Select(Declared)];
        int helpers = OrtOptions.SharesPool(options) ? OrtOptions.Threads(options) - 1 : 0;
        _lead = new OrtLead(helpers, Math.Max(1, Environment.ProcessorCount - helpers), CallerSeats);
    }

    internal ModelSignature Signature { get; }

    internal static OrtSession FromFile(string path, OnnxSessionOptions options) =>
        Load(options, plain => LoadFile(path, plain));

    private static OrtSession LoadFile(string path, OnnxSessionOptions options)
    {
        OrtApi api = OrtApi.Load(options.LibraryPath);
        OrtEnvHandle env = OrtEnvHandle.Shared(api);
        OrtWeights? weights = options.Weights?.Native;
        using OrtOptionsHandle native = OrtOptions.Make(api, env, options);
        nint session;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            nint status = weights is null
                ? api.CreateSession(env.Value, text, native.Value, &session)
                : api.CreateSessionPacked(env.Value, text, native.Value, weights.Packed, &session);
            api.Require(status, $"load {path}");
        }

        return new OrtSession(api, new OrtSessionHandle(api, session, weights), options);
    }

    internal static OrtSession FromBytes(ReadOnlySpan<byte> model, OnnxSessionOptions options)
    {
        OrtApi api = OrtApi.Load(options.LibraryPath);
        OrtEnvHandle env = OrtEnvHandle.Shared(api);
        OrtWeights? weights = options.Weights?.Native;
        using OrtOptionsHandle native = OrtOptions.Make(api, env, options);
        nint session;
        fixed (byte* start = model)
        {
            nuint length = (nuint)model.Length;
            nint status = weights is null
                ? api.CreateSessionFromArray(env.Value, start, length, native.Value, &session)
                : api.CreateSessionFromArrayPacked(env.Value, start, length, native.Value, weights.Packed, &session);
            api.Require(status, "load a model from memory");
        }

        return new OrtSession(api, new OrtSessionHandle(api, session, weights), options);
    }

    /// <summary>
    /// A provider is made while a model is loaded, and the runtime's status does not say which of the two failed: a
    /// model
    /// that loads without providers is not the one.
    /// </summary>
    private static OrtSession Load(OnnxSessionOptions options, Func<OnnxSessionOptions, OrtSession> load)
    {
        try
        {
            return load(options);
        }
        catch (KedgeException failure) when (!options.Providers.IsEmpty
            && failure.Finding.Code == ServeErrors.ModelLoadFailed.Code)
        {
            try
            {
                load(options with { Providers = [], Policy = OnnxPolicy.Named }).Dispose();
            }
            catch (KedgeException)
            {
                // It loads nowhere: the first failure stands.
                throw failure;
            }

            throw new KedgeException(ServeErrors.ProviderUnusable, failure.Finding.Message, failure);
        }
    }

    /// <summary>See <see cref="IInferenceSession.Run"/>.</summary>
    internal Finding? Run(InferenceCall call)
    {
        bool held = false;
        _session.DangerousAddRef(ref held);
        try
        {
            OrtRunMemory memory = OrtRunMemory.Of(_api, call);
            if (!call.Stop.TryBegin(memory.End))
            {
                return ServeErrors.RunStopped.At("It was ended before it began.");
            }

            try
            {
                return Run(call, memory);
            }
            finally
            {
                call.Stop.End();
            }
        }
        finally
        {
            _session.DangerousRelease();
        }
    }

    /// <summary>See <see cref="IInferenceSession.MayLend"/>.</summary>
    internal bool MayLend => _lead.MayLend;

    /// <summary>See <see cref="IInferenceSession.TryLend"/>.</summary>
    internal bool TryLend(IThreadPoolWorkItem work)
    {
        if (!_lead.TryLend())
        {
            return false;
        }

        // Once for the loan, until it begins, and once for the call below: the loan may have ended before it returns.
        bool held = false;
        bool heldHere = false;
        try
        {
            _session.DangerousAddRef(ref held);
            _session.DangerousAddRef(ref heldHere);
            return TryBegin(RentLoan(), work);
        }
        catch (ObjectDisposedException)
        {
            // Whoever runs it hears of that.
            _lead.EndLoan();
            if (held)
            {
                _session.DangerousRelease();
            }

            return false;
        }
        finally
        {
            if (heldHere)
            {
                _session.DangerousRelease();
            }
        }
    }

    private bool TryBegin(OrtLoan loan, IThreadPoolWorkItem work)
    {
        nint handle = loan.Begin(work);
        byte* name = null;
        nint value = 0;
        nint status = _api.RunAsync(
            _session.Value, 0, &name, &value, 0, &name, 0, &value, OrtLoan.Callback, handle);
        if (status == 0)
        {
            return true;
        }

        Begun(status);
        loan.End(handle);
        return false;
    }

    /// <summary>The work of a loan begins, on the thread that is lent; or there was none.</summary>
    internal void Begun(nint status)
    {
        _api.ReleaseIfAny(status);
        _session.DangerousRelease();
    }

    /// <summary>A loan has ended.</summary>
    internal void Return(OrtLoan loan)
    {
        lock (_loans)
        {
            _loans.Push(loan);
        }

        _lead.EndLoan();
    }

    private OrtLoan RentLoan()
    {
        lock (_loans)
        {
            return _loans.TryPop(out OrtLoan? loan) ? loan : new OrtLoan(this);
        }
    }

    /// <summary>
    /// Outputs are computed where they will be read, if the shape is declared, or came out last time for the same
    /// shapes. Where the shape turns out to depend on more than that, the run is done again, and from then on outputs
    /// are copied.
    /// </summary>
    private Finding? Run(InferenceCall call, OrtRunMemory memory)
    {
        memory.LookAtInputs(call);
        bool lays = !_shapesVary;
        Finding? fault = RunOnce(call, memory, lays);
        if (fault is not null && lays && !call.Stop.IsAsked)
        {
            memory.ForgetOutputs();
            fault = RunOnce(call, memory, lays: false);
            _shapesVary |= fault is null;
        }

        if (fault is null || !call.Stop.IsAsked)
        {
            return fault;
        }

        memory.Rearm();
        return ServeErrors.RunStopped.At("It was ended while it ran.");
    }

    private Finding? RunOnce(InferenceCall call, OrtRunMemory memory, bool lays)
    {
        int inputCount = call.Inputs.Length;
        int wantedCount = call.WantedCount;
        nint* inputs = stackalloc nint[inputCount];
        nint* outputs = stackalloc nint[wantedCount];
        byte** names = stackalloc byte*[wantedCount];
        Finding? fault = LayInputs(call, memory, inputs) ?? LayOutputs(call, memory, outputs, names, lays);
        if (fault is null)
        {
            fault = _api.Judge(Compute(memory, inputs, inputCount, names, outputs, wantedCount));
            fault = TakeOutputs(call, memory, outputs, fault);
        }

        GC.KeepAlive(memory);
        return fault;
    }

    /// <summary>Computes, on this thread or on one of the pool; what is given here is used until it returns.</summary>
    private nint Compute(
        OrtRunMemory memory, nint* inputs, int inputCount, byte** names, nint* outputs, int outputCount)
    {
        long started = TimeProvider.System.GetTimestamp();
        OrtLeader leader = OrtLoan.IsOf(this) ? OrtLeader.Caller : _lead.Choose();
        try
        {
            if (leader == OrtLeader.Pool)
            {
                OrtEnding ending = memory.Ending(out nint handle);
                ending.Begin();
                nint begun = _api.RunAsync(
                    _session.Value,
                    memory.Options, _inputNames.Pointers, inputs, (nuint)inputCount, names, (nuint)outputCount, outputs,
                    OrtEnding.Callback, handle);
                return begun == 0 ? ending.Wait() : begun;
            }

            return _api.Run(
                _session.Value,
                memory.Options, _inputNames.Pointers, inputs, (nuint)inputCount, names, (nuint)outputCount, outputs);
        }
        finally
        {
            _lead.End(leader, TimeProvider.System.GetElapsedTime(started));
        }
    }

    private Finding? LayInputs(InferenceCall call, OrtRunMemory memory, nint* values)
    {
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            Tensor tensor = call.Inputs[i];
            OrtSlot slot = memory.Inputs[i];
            nint status = tensor.Type == TensorType.Bytes
                ? LayTexts(slot, tensor)
                : memory.Lay(slot, _session.Memory.Value, tensor);
            Finding? fault = _api.Judge(status);
            if (fault is not null)
            {
                return fault;
            }

            values[i] = slot.Value;
        }

        return null;
    }

    private Finding? LayOutputs(
        InferenceCall call, OrtRunMemory memory, nint* values, byte** names, bool lays)
    {
        for (int i = 0; i < call.WantedCount; i++)
        {
            int index = call.Wanted[i];
            TensorSpec spec = Signature.Outputs[index];
            names[i] = _outputNames.Pointers[index];
            values[i] = 0;
            KnownShape? seen = lays ? _declared[index] ?? memory.ShapeOf(index) : null;
            if (seen is null || spec.Type == TensorType.Bytes)
            {
                continue;
            }

            Tensor tensor = call.Outputs[index];
            tensor.Begin(spec.Name, spec.Type);
            if (!tensor.TryShape(seen.Shape))
            {
                return InferErrors.TooLarge.At($"Output '{spec.Name}' is larger than 2 GB.");
            }

            Finding? fault = _api.Judge(memory.Lay(memory.Outputs[index], _session.Memory.Value, tensor));
            if (fault is not null)
            {
                return fault;
            }

            values[i] = memory.Outputs[index].Value;
        }

        return null;
    }

    /// <summary>Copies what the runtime has in memory of its own, and gives that memory back.</summary>
    private Finding? TakeOutputs(InferenceCall call, OrtRunMemory memory, nint* values, Finding? fault)
    {
        for (int i = 0; i < call.WantedCount; i++)
        {
            int index = call.Wanted[i];
            if (values[i] == 0 || values[i] == memory.Outputs[index].Value)
            {
                continue;
            }

            Tensor tensor = call.Outputs[index];
            fault ??= TakeOutput(tensor, Signature.Outputs[index].Name, values[i]);
            _api.ReleaseValue(values[i]);
            if (fault is null && tensor.Type != TensorType.Bytes)
            {
                memory.Learn(index, tensor.Shape);
            }
        }

        return fault;
    }

    public void Dispose()
    {
        // The names stay until the collector comes: a run may still hold the session.
        _session.Dispose();
    }

    /// <summary>The shape of an output that has no open dimension.</summary>
    private static KnownShape? Declared(TensorSpec spec)
    {
        if (!spec.HasShape || spec.Shape.Any(static extent => extent < 0))
        {
            return null;
        }

        KnownShape shape = new();
        shape.Set(spec.Shape.AsSpan());
        return shape;
    }

    private nint LayTexts(OrtSlot slot, Tensor tensor)
    {
        nint value;
        nint status;
        fixed (long* shape = tensor.Shape)
        {
            status = _api.CreateTensor(
                _allocator, shape, (nuint)tensor.Rank, OrtTypes.ToNative(TensorType.Bytes), &value);
        }

        slot.Take(status == 0 ? value : 0);
        return status != 0 ? status : FillTexts(tensor, value);
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
}
