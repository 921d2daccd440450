"""What each optimizer's weight decay is, read in its library's source: the truth that the probe is measured against.

One line a row: the optimizer, its arguments, `->`, and the law, with the order where the law has one, and defects in
capitals after an exclamation mark. UNKNOWN stands where no law of the vocabulary is true (a decay towards an average
of the weights, a factor that a projection switches on and off, a penalty that only part of the optimizer hears), so
that any name would be wrong there. No order is written where the text of the source and the arithmetic differ: a step
that is computed from the weights before they are shrunk in place is joint with the decay, whatever line comes first.
NONE where nothing shrinks the weights. `*` as a name runs the line for every name
of the list that it follows; a name with a colon lies in a module of the library.
"""

SHEET: dict[str, str] = {
    "torch.optim": """
        SGD momentum=0.9 -> L2
        Adam -> L2
        Adam decoupled_weight_decay=True -> DECOUPLED before
        Adamax -> L2
        NAdam decoupled_weight_decay=True -> DECOUPLED before
        AdamW amsgrad=True -> DECOUPLED before
        Adafactor -> DECOUPLED joint
        Muon -> DECOUPLED before
    """,
    "torch_optimizer": """
        AccSGD -> L2
        AdaBelief -> L2
        AdaBelief weight_decouple=True -> DECOUPLED before
        AdaBelief weight_decouple=True fixed_decay=True -> CONSTANT before
        AdaBound -> L2
        AdaMod -> DECOUPLED before
        Adafactor -> DECOUPLED
        Adafactor lr=1e-3 scale_parameter=False relative_step=False warmup_init=False -> DECOUPLED before
        Adahessian -> DECOUPLED joint
        AdamP -> DECOUPLED
        AdamP delta=0.0 -> DECOUPLED before
        AggMo -> L2
        Apollo -> L2
        DiffGrad -> L2
        LARS -> TRUST_RATIO
        Lamb -> TRUST_RATIO
        MADGRAD -> L2
        NovoGrad -> PRECONDITIONED
        PID -> L2
        QHAdam -> L2
        QHAdam decouple_weight_decay=True -> DECOUPLED before
        QHM momentum=0.9 -> L2
        QHM momentum=0.9 weight_decay_type=direct -> DECOUPLED before
        RAdam -> DECOUPLED before
        SGDP -> DECOUPLED
        SGDP momentum=0.9 delta=0.0 -> DECOUPLED before
        SGDW -> SUBTRACTED_CONSTANT !SUBTRACTED_CONSTANT
        SGDW momentum=0.9 -> SUBTRACTED_CONSTANT !SUBTRACTED_CONSTANT
        SWATS -> L2
        Shampoo -> L2
        Yogi -> L2
        A2GradExp -> NONE
    """,
    "dadaptation": """
        DAdaptAdaGrad -> L2
        DAdaptAdam -> L2
        DAdaptAdam decouple=True -> DECOUPLED before
        DAdaptAdan -> PROXIMAL after
        DAdaptAdan no_prox=True -> DECOUPLED before
        DAdaptLion -> DECOUPLED before
        DAdaptSGD -> L2
    """,
    "prodigyopt": """
        Prodigy -> DECOUPLED
        Prodigy decouple=False -> L2
    """,
    "schedulefree": """
        AdamWScheduleFree -> DECOUPLED
        AdamWScheduleFreeReference -> DECOUPLED
        RAdamScheduleFree -> DECOUPLED
        SGDScheduleFree -> L2
        SGDScheduleFreeReference -> L2
    """,
    "optimi": """
        Adam -> L2
        Adam decouple_wd=True -> DECOUPLED before
        Adam decouple_lr=True -> INDEPENDENT before
        AdamW -> DECOUPLED before
        AdamW decouple_lr=True -> INDEPENDENT before
        Adan -> PROXIMAL after
        Adan adam_wd=True -> PROXIMAL after
        Lion -> DECOUPLED before
        Lion decouple_lr=True -> INDEPENDENT before
        RAdam -> L2
        RAdam decouple_wd=True -> DECOUPLED before
        Ranger -> DECOUPLED
        SGD momentum=0.9 -> L2
        SGD momentum=0.9 decouple_wd=True -> DECOUPLED before
        SGD momentum=0.9 decouple_lr=True -> INDEPENDENT before
        StableAdamW -> DECOUPLED before
    """,
    "lion_pytorch": """
        Lion -> DECOUPLED before
        Lion decoupled_weight_decay=True -> INDEPENDENT before
    """,
    "transformers.optimization": """
        Adafactor -> DECOUPLED
        Adafactor relative_step=False scale_parameter=False lr=1e-3 -> DECOUPLED before
        Adafactor relative_step=False lr=1e-3 -> DECOUPLED
    """,
    "galore_torch": """
        GaLoreAdamW -> DECOUPLED after
    """,
    "apollo_torch": """
        APOLLOAdamW -> DECOUPLED after
        GaLoreAdamW -> DECOUPLED after
    """,
    "pytorch_optimizer": """
        AdaBelief AdaBound AdaNorm AdaPNM AdaTAM AdamC Ano DiffGrad EXAdam Lion PNM SignSGD Tiger Yogi
        * -> DECOUPLED before
        * weight_decouple=False -> L2
        AdaBelief AdaBound AdaNorm AdaPNM AdamC Ano DiffGrad EXAdam Kate Lion PNM Tiger Yogi MARS RACS
        * fixed_decay=True -> CONSTANT before
        ADOPT AdEMAMix AdaDelta AdaMax AggMo DualAdam PAdam PID QHAdam QHM SWATS Shampoo ASGD
        * weight_decouple=False -> L2
        ADOPT AdEMAMix AdaDelta AdaMax PAdam QHAdam
        * weight_decouple=True -> DECOUPLED before
        AccSGD AdaSmooth Adai AdamG Aida ApolloDQN DAdaptAdaGrad DAdaptAdam DAdaptLion DAdaptSGD MADGRAD ROSE -> L2
        Grams -> DECOUPLED before
        Grams weight_decouple=False -> NONE !NO_EFFECT
        AdaFactor -> DECOUPLED
        AdaFactor lr=1e-3 relative_step=False scale_parameter=False -> DECOUPLED before
        AdaGC AdaMod BCOS CAME EmoNavi EmoLynx Kate MARS RACS RAdam SGDSaI SGDW StableAdamW TAM VSGD -> DECOUPLED before
        APOLLO AdamWSN Conda Fira GaLore LaProp SOAP SPAM SPlus -> DECOUPLED after
        Adalite Kron -> DECOUPLED joint
        AdamP AdamS Magma Ranger SGDP ScheduleFreeAdamW ScheduleFreeRAdam -> DECOUPLED
        AdaHessian SophiaH -> DECOUPLED before
        Adan -> PROXIMAL after
        Adan weight_decouple=True -> DECOUPLED before
        AvaGrad Lamb SCION SCIONLight StableSPAM -> DECOUPLED before
        Prodigy -> DECOUPLED
        DAdaptAdan -> PROXIMAL after
        FOCUS Fromage Nero FTRL -> UNKNOWN
        LARS -> TRUST_RATIO
        Lamb weight_decouple=False -> TRUST_RATIO
        NovoGrad -> PRECONDITIONED
        NovoGrad weight_decouple=True -> DECOUPLED before
        ScheduleFreeSGD -> L2
        A2Grad Gravity MSVAG SM3 -> NONE
        SRMM -> UNKNOWN
    """,
    "pytorch_ranger": """
        rangerqh:RangerQH decouple_weight_decay=True -> DECOUPLED
    """,
    "Afine": """
        Afine -> UNKNOWN
    """,
    "core_optimizer.core_optimizer": """
        CoRe -> UNKNOWN
    """,
    "adam_mini.adam_mini": """
        Adam_mini -> DECOUPLED before
    """,
    "rad.optim": """
        adabayes:AdaBayes -> INDEPENDENT after
    """,
    "bitsandbytes.optim": """
        LAMB LAMB8bit LAMB32bit -> DECOUPLED
    """,
    "heavyball": """
        HyperBallAdamW -> UNKNOWN
    """,
    "adam_atan2_pytorch.adam_atan2_clip_grok": """
        AdamAtan2ClipGrok -> DECOUPLED before
        AdamAtan2ClipGrok decoupled_wd=True -> INDEPENDENT before
    """,
    "open_lars": """
        LARS -> TRUST_RATIO
    """,
    "optax.contrib": """
        sophia -> DECOUPLED joint
    """,
    "adv_optm.optim": """
        Muon_adv:Muon_adv AdaMuon_adv:AdaMuon_adv -> DECOUPLED before
    """,
    "torch_sgld": """
        sgld:SGLD -> L2
    """,
    "rollfast.optim": """
        adam:adamw -> DECOUPLED joint
    """,
    "psgdax": """
        psgd:kron -> DECOUPLED joint
    """,
}
"""The libraries that the instrument was improved on."""
