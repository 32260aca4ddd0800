using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// Execution providers of this process. A library is registered once, under the name that it is called by here; which
/// of
/// the runtime's devices are its own is seen by what registering it added, since a provider has a name of its own.
/// </summary>
internal static unsafe class OrtProviders
{
    /// <summary>Native words for kinds of hardware: <c>OrtHardwareDeviceType</c>.</summary>
    private static readonly string[] Kinds = ["cpu", "gpu", "npu"];

    private static readonly Lock Gate = new();
    private static readonly Dictionary<OnnxProvider, ImmutableArray<nint>> Registered = [];

    /// <summary>Everything that models can be computed on now.</summary>
    internal static ImmutableArray<OnnxDevice> Devices(OrtApi api, OrtEnvHandle env) =>
    [
        .. All(api, env).Select(device =>
        {
            nint hardware = api.GetProviderHardware(device);
            int kind = api.GetHardwareKind(hardware);
            return new OnnxDevice(
                Text(api.GetProviderName(device)),
                (uint)kind < (uint)Kinds.Length ? Kinds[kind] : "",
                Text(api.GetHardwareVendor(hardware)));
        }),
    ];

    /// <summary>Registers the providers of a session, and says which of them, or which policy, it uses.</summary>
    internal static void Choose(OrtApi api, OrtEnvHandle env, nint native, OnnxSessionOptions options)
    {
        foreach (OnnxProvider provider in options.Providers)
        {
            ImmutableArray<nint> devices = Register(api, env, provider);
            if (options.Policy == OnnxPolicy.Named)
            {
                Append(api, env, native, provider, devices);
            }
        }

        if (options.Policy != OnnxPolicy.Named)
        {
            nint status = api.SetSelectionPolicy(native, NativePolicy(options.Policy));
            api.Require(status, "choose devices", ServeErrors.ProviderUnusable);
        }
    }

    /// <summary><c>OrtExecutionProviderDevicePolicy</c> of onnxruntime_c_api.h.</summary>
    private static int NativePolicy(OnnxPolicy policy) => policy switch
    {
        OnnxPolicy.Default => 0,
        OnnxPolicy.PreferCpu => 1,
        OnnxPolicy.PreferNpu => 2,
        OnnxPolicy.PreferGpu => 3,
        OnnxPolicy.MaxPerformance => 4,
        OnnxPolicy.MaxEfficiency => 5,
        OnnxPolicy.Named or OnnxPolicy.Unknown => throw Check.Unreachable(policy),
    };

    private static ImmutableArray<nint> Register(OrtApi api, OrtEnvHandle env, OnnxProvider provider)
    {
        OnnxProvider key = provider with { Options = [] };
        lock (Gate)
        {
            if (Registered.TryGetValue(key, out ImmutableArray<nint> known))
            {
                return known;
            }

            ImmutableArray<nint> before = All(api, env);
            fixed (byte* name = Encoding.UTF8.GetBytes(provider.Name + '\0'))
            fixed (byte* path = Encoding.UTF8.GetBytes(provider.LibraryPath + '\0'))
            {
                api.Require(
                    api.RegisterProviders(env.Value, name, path),
                    $"load {provider.LibraryPath}",
                    ServeErrors.ProviderUnusable);
            }

            ImmutableArray<nint> added = [.. All(api, env).Except(before)];
            Registered.Add(key, added);
            return added;
        }
    }

    private static void Append(
        OrtApi api, OrtEnvHandle env, nint native, OnnxProvider provider, ImmutableArray<nint> devices)
    {
        if (devices.IsEmpty)
        {
            throw new KedgeException(
                ServeErrors.ProviderUnusable, $"'{provider.Name}' finds no device here that it can compute on.");
        }

        using NativeTexts keys = new([.. provider.Options.Select(static option => option.Key)]);
        using NativeTexts values = new([.. provider.Options.Select(static option => option.Value)]);
        fixed (nint* first = devices.AsSpan())
        {
            nint status = api.AppendProvider(
                native, env.Value, first, (nuint)devices.Length, keys.Pointers, values.Pointers, (nuint)keys.Count);
            api.Require(status, $"use '{provider.Name}'", ServeErrors.ProviderUnusable);
        }
    }

    private static ImmutableArray<nint> All(OrtApi api, OrtEnvHandle env)
    {
        nint* devices;
        nuint count;
        api.Require(
            api.GetProviderDevices(env.Value, &devices, &count), "list devices", ServeErrors.ProviderUnusable);
        return [.. new ReadOnlySpan<nint>(devices, (int)count)];
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
