using System.Runtime.InteropServices;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.TfLite.Native;

/// <summary>A loaded file and its interpreters. No native pointer leaves this folder.</summary>
internal sealed unsafe class TflModel : IDisposable
{
    private static readonly Action Nothing = static () => { };

    private readonly TflApi _api;
    private readonly TflModelHandle _model;
    private readonly TfLiteSessionOptions _options;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room;
    private readonly Stack<TflInterpreter> _idle = new();
    private bool _isOver;

    private TflModel(TflApi api, TflModelHandle model, TfLiteSessionOptions options)
    {
        _api = api;
        _model = model;
        _options = options;
        _room = new SemaphoreSlim(options.InterpretersMax, options.InterpretersMax);
        TflInterpreter first = TflInterpreter.Make(api, model, options);
        Signature = first.ReadSignature();
        _idle.Push(first);
    }

    internal ModelSignature Signature { get; }

    internal static TflModel FromFile(string path, TfLiteSessionOptions options)
    {
        TflApi api = TflApi.Load(options.LibraryPath);
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return Open(api, api.CreateModelFromFile(text), null, path, options);
        }
    }

    internal static TflModel FromBytes(ReadOnlySpan<byte> model, TfLiteSessionOptions options)
    {
        TflApi api = TflApi.Load(options.LibraryPath);
        void* bytes = NativeMemory.Alloc((nuint)model.Length + 1);
        model.CopyTo(new Span<byte>(bytes, model.Length));
        return Open(api, api.CreateModel(bytes, (nuint)model.Length), bytes, "a model from memory", options);
    }

    /// <summary>See <see cref="IInferenceSession.Run"/>.</summary>
    internal Finding? Run(InferenceCall call)
    {
        _room.Wait();
        try
        {
            if (!call.Stop.TryBegin(Nothing))
            {
                return ServeErrors.RunStopped.At("It was ended before it began.");
            }

            TflInterpreter interpreter = Take();
            try
            {
                return interpreter.Run(call, Signature);
            }
            finally
            {
                call.Stop.End();
                Give(interpreter);
            }
        }
        finally
        {
            _room.Release();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            while (_idle.TryPop(out TflInterpreter? interpreter))
            {
                interpreter.Dispose();
            }
        }

        // Whoever still runs keeps the model by its interpreter. The semaphore holds nothing native.
        _model.Dispose();
    }

    private TflInterpreter Take()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_idle.TryPop(out TflInterpreter? idle))
            {
                return idle;
            }
        }

        return TflInterpreter.Make(_api, _model, _options);
    }

    private void Give(TflInterpreter interpreter)
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                _idle.Push(interpreter);
                return;
            }
        }

        interpreter.Dispose();
    }

    private static TflModel Open(TflApi api, nint native, void* bytes, string what, TfLiteSessionOptions options)
    {
        if (native == 0)
        {
            NativeMemory.Free(bytes);
            throw new KedgeException(ServeErrors.ModelLoadFailed, $"load {what}: it is no TensorFlow Lite model.");
        }

        TflModelHandle model = new(api, native, bytes);
        try
        {
            return new TflModel(api, model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
