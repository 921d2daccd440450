"""The answer sheet of libraries that the instrument had not seen when it was built; see `answer_sheet`."""

UNSEEN: dict[str, str] = {
    "timm.optim": """
        AdaBelief decoupled_decay=True fixed_decay=False -> DECOUPLED before
        AdaBelief decoupled_decay=True fixed_decay=True -> CONSTANT before
        Adahessian RAdamLegacy AdamWLegacy -> DECOUPLED before
        Adafactor -> DECOUPLED
        AdafactorBigVision -> DECOUPLED before
        Adan no_prox=True -> DECOUPLED before
        AdamP SGDP -> DECOUPLED
        NAdamW Lion SGDW -> DECOUPLED before
        * corrected_weight_decay=True -> CORRECTED before
        LaProp -> DECOUPLED
        LaProp corrected_weight_decay=True -> CORRECTED
        Adopt decoupled=True -> DECOUPLED
        Lamb -> TRUST_RATIO
        Lamb decoupled_decay=True -> DECOUPLED
        MADGRAD decoupled_decay=True -> DECOUPLED
        Muon -> DECOUPLED before
        RMSpropTF -> L2
        RMSpropTF decoupled_decay=True -> DECOUPLED before
        NvNovoGrad -> PRECONDITIONED
    """,
    "came_pytorch": """
        CAME -> DECOUPLED before
    """,
    "adabelief_pytorch": """
        AdaBelief -> DECOUPLED before
        AdaBelief weight_decouple=False -> L2
        AdaBelief fixed_decay=True -> CONSTANT before
    """,
    "torchium.optimizers": """
        AdamP RAdam -> DECOUPLED after
        SWATS -> DECOUPLED before
        AdaFactor -> DECOUPLED
        KFAC Ranger Ranger21 Ranger25 SGDP -> L2
        LAMB -> UNKNOWN
    """,
    "adopt": """
        ADOPT -> L2
        ADOPT decouple=True -> DECOUPLED
    """,
    "fira": """
        FiraAdamW -> DECOUPLED after
    """,
    "grams": """
        Grams -> DECOUPLED before
    """,
    "parameterfree": """
        COCOB -> L2
    """,
    "pytorch_lamb": """
        Lamb -> TRUST_RATIO
        Lamb adam=True -> DECOUPLED joint
    """,
    "qhoptim.pyt": """
        QHAdam -> L2
        QHAdamW -> DECOUPLED before
        QHM lr=0.01 momentum=0.9 nu=0.7 -> L2
        QHM lr=0.01 momentum=0.9 nu=0.7 weight_decay_type=direct -> DECOUPLED before
    """,
    "adamp": """
        SGDP -> DECOUPLED
    """,
    "ranger_adabelief": """
        RangerAdaBelief -> UNKNOWN
    """,
    "AFOR": """
        afor -> DECOUPLED before
    """,
    "AdamWClip.optimizer": """
        AdamWClip -> DECOUPLED before
    """,
    "adabelief.adabelief": """
        AdaBelief -> DECOUPLED before
        AdaBelief weight_decouple=False -> L2
    """,
    "adabound.adabound": """
        AdaBound -> L2
    """,
    "adamod.adamod": """
        AdaMod -> DECOUPLED before
    """,
    "adam_atan2_pytorch": """
        adam_atan2:AdamAtan2 -> DECOUPLED before
        adam_atan2:AdamAtan2 decoupled_wd=True -> INDEPENDENT before
        adam_atan2:AdamAtan2 cautious_wd=True -> UNKNOWN
        adopt_atan2:AdoptAtan2 -> INDEPENDENT
        adopt_atan2:AdoptAtan2 decoupled_wd=False -> DECOUPLED
    """,
    "adan_pytorch.adan": """
        Adan -> PROXIMAL after
    """,
    "bitsandbytes.optim": """
        Adam Adam8bit Adam32bit AdamW AdamW8bit AdamW32bit AdEMAMix AdEMAMix8bit -> DECOUPLED
        Lion Lion8bit Lion32bit -> DECOUPLED
        Adagrad Adagrad8bit RMSprop RMSprop8bit -> L2
        SGD SGD8bit LARS lr=1e-3 momentum=0.9 -> L2
    """,
    "casmo": """
        CASMO -> DECOUPLED before
    """,
    "dctadam.optimizer": """
        DCTAdam -> DECOUPLED
    """,
    "dog": """
        DoG LDoG -> L2
    """,
    "dolphinflow.dolphinflow": """
        DolphinFlow -> DECOUPLED before
    """,
    "echomuon": """
        EchoMuon -> DECOUPLED before
    """,
    "fanos_v2": """
        FANoSV2 -> DECOUPLED
        FANoSV2 decoupled_weight_decay=False -> L2
    """,
    "fsgdm.fsgdm": """
        FSGDM -> L2
    """,
    "gefen.gefen": """
        Gefen -> DECOUPLED before
    """,
    "grokadamw.grokadamw": """
        GrokAdamW -> DECOUPLED before
    """,
    "heavyball": """
        ADOPT AdEMAMix AdamW HeavySOAP KLSOAP -> DECOUPLED
        KLShampoo HeavyKLShampoo HeavyKLSOAP HeavySOAPAdEMAMix HeavySOAPNAdam HeavySOLP -> DECOUPLED
        LaProp LaPropOrtho LATHER MSAMLaProp Muon MuonAdamW MuonLaProp OrthoLaProp -> DECOUPLED
        PSGDKron PSGDLRA PSGDPRO QSGD RMSprop Scion SFAdamW SGD SignLaProp -> DECOUPLED
        SOAP SOAPAdEMAMix SOAPNAdam SOLP SUDSAdamW UnscaledAdamW -> DECOUPLED
        NAdam -> L2
        AdamC -> CORRECTED before
    """,
    "kron_torch": """
        Kron -> DECOUPLED joint
    """,
    "madgrad": """
        MADGRAD MirrorMADGRAD -> L2
        MADGRAD decouple_decay=True -> DECOUPLED
    """,
    "muon": """
        SingleDeviceMuon -> DECOUPLED before
    """,
    "omnimuon": """
        Muon OmniMuon Polaris SophiaFD -> DECOUPLED before
    """,
    "optimuon": """
        Muon -> UNKNOWN
        Muon cautious_wd=False -> DECOUPLED before
    """,
    "opteon.optimizer": """
        Opteon -> DECOUPLED
    """,
    "pytorch_ranger": """
        Ranger RangerVA -> DECOUPLED
        RangerQH -> L2
    """,
    "quad_torch.quad": """
        QUAD -> DECOUPLED before
    """,
    "rad.optim": """
        adam:Adam dlpf:DLPF nadam:NAdam nag:NAG rgd:RGD sgd:SGD swats:SWATS -> L2
        adamw:AdamW kfadam:KFAdam rad:RAD radar:RADAR -> DECOUPLED before
    """,
    "relativistic_adam": """
        RelativisticAdam -> L2
        RelativisticAdamW -> DECOUPLED
    """,
    "scao.optimizer": """
        SCAO -> DECOUPLED before
    """,
    "sgd_sai.sgd_sai": """
        SGD_sai -> DECOUPLED before
    """,
    "stam_optimizer.optax_transform": """
        stam stam_lite -> DECOUPLED joint
    """,
    "tauon.optimizer": """
        tauon -> L2
    """,
    "topological_adam": """
        v3:TopologicalAdamV3 v4:TopologicalAdamV4 -> DECOUPLED
    """,
    "torch_optim_sparse": """
        sparser_adam:SparserAdam -> L2
        sparser_adamw:SparserAdamW -> NONE !NO_EFFECT
        sparser_sgdw:SparserSGDW -> DECOUPLED
    """,
    "torchlab.optimizers.optimizers": """
        AMSBound AdaBound AdaMod AdaNorm AggMo DiffGrad MADGRAD PNM Padam QHAdam QHM Ranger Shampoo -> L2
        AdaBelief AdaHessian AdaPNM Lion SGDW -> DECOUPLED before
        AdaBelief AdaPNM
        * decoupled_weight_decay=False -> L2
        AdamP SGDP -> DECOUPLED
        Adan -> PROXIMAL before
        LAMB LARS -> TRUST_RATIO
        NovoGrad -> PRECONDITIONED
    """,
    "zengrad_pytorch.zengrad_pytorch": """
        ZenGrad -> DECOUPLED before
    """,
}
"""Libraries that nobody looked at while it was; written down after the instrument had been finished."""
